-- Health of a BackupReplication, in the order of kstatus. Only what a human must act on is Degraded: Argo CD ends a sync with it.
local health = { status = "Progressing", message = "The operator has not seen this version of the resource yet." }

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return health
end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
if ready == nil then
  return health
end

local function is(kind)
  return conditions[kind] ~= nil and conditions[kind].status == "True"
end

health.message = ready.reason .. ": " .. ready.message
if ready.reason == "Suspended" then
  health.status = "Suspended"
elseif is("Reconciling") then
  health.status = "Progressing"
elseif is("Stalled") then
  health.status = "Degraded"
elseif ready.status == "True" then
  health.status = "Healthy"
end
return health
