-- What a human may decide about the attempt in force (docs/decisions.md). A record id cannot be given here: that takes kubectl.
local actions = {}
actions["not-accepted"] = { ["disabled"] = true, ["displayName"] = "Not accepted: call again", ["iconClass"] = "fa fa-fw fa-redo" }
actions["accepted"] = { ["disabled"] = true, ["displayName"] = "Accepted, record unknown", ["iconClass"] = "fa fa-fw fa-check" }
actions["retry"] = { ["disabled"] = true, ["displayName"] = "Rejected: call again", ["iconClass"] = "fa fa-fw fa-redo" }

local status = obj.status
if status == nil or status.attempts == nil or status.attempts[1] == nil or status.conditions == nil then
  return actions
end

local stalled = false
for _, condition in ipairs(status.conditions) do
  if condition.type == "Stalled" and condition.status == "True" then
    stalled = true
  end
end
local attempt = status.attempts[1]
if stalled and attempt.outcome == "Unknown" then
  actions["not-accepted"]["disabled"] = false
  actions["accepted"]["disabled"] = false
elseif stalled and attempt.outcome == "Rejected" then
  actions["retry"]["disabled"] = false
end
return actions
