if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["cbr.replication.dev/decision"] = obj.status.attempts[1].id .. ":retry"
return obj
