{{- define "name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "serviceAccountName" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else if .Values.serviceAccount.create -}}
{{- include "fullname" . -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{- define "selectorLabels" -}}
app.kubernetes.io/name: {{ include "name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "labels" -}}
{{- with .Values.labels }}
{{- toYaml . }}
{{ end -}}
{{ include "selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "port" -}}
{{- regexFind "[0-9]+$" .Values.options.listen -}}
{{- end -}}

{{- /* The folder that the CA certificates are mounted in. */ -}}
{{- define "caFolder" -}}
/etc/backup-replication-operator/ca
{{- end -}}

{{- define "hasCaBundle" -}}
{{- if and .Values.caBundle.configMap .Values.caBundle.secret -}}
{{- fail "caBundle: name a ConfigMap or a Secret, not both" -}}
{{- end -}}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret -}}true{{- end -}}
{{- end -}}

{{- define "leaseName" -}}
{{- .Values.leaderElection.leaseName | default (include "fullname" .) -}}
{{- end -}}

{{- /* A duration (30s, 2m, 1h) in seconds. */ -}}
{{- define "seconds" -}}
{{- $units := dict "s" 1 "m" 60 "h" 3600 -}}
{{- mul (regexFind "^[0-9]+" .) (get $units (regexFind "[smh]$" .)) -}}
{{- end -}}

{{- /* Longer than claim window, request timeout and the writing of the outcome together: a drain is never cut short. */ -}}
{{- define "gracePeriod" -}}
{{- add (include "seconds" .Values.options.claimWindow) (include "seconds" .Values.options.requestTimeout) 30 -}}
{{- end -}}

{{- /* The command line: each key of `options` is an option, a list is one given several times. */ -}}
{{- define "arguments" -}}
- run
{{- range $key, $value := .Values.options }}
{{- range (kindIs "slice" $value | ternary $value (list $value)) }}
{{- /* A large number of YAML's would be written as 1e+06. */ -}}
{{- $text := kindIs "float64" . | ternary (. | int64 | toString) (toString .) }}
{{- if $text }}
- {{ printf "--%s=%s" (kebabcase $key) $text | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- range .Values.watchNamespaces }}
- {{ printf "--namespace=%s" . | quote }}
{{- end }}
{{- with .Values.leaderElection }}
{{- if .enabled }}
- --leader-election
- {{ printf "--lease-name=%s" (include "leaseName" $) | quote }}
- {{ printf "--lease-duration=%s" .leaseDuration | quote }}
{{- with .leaseNamespace }}
- {{ printf "--lease-namespace=%s" . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if include "hasCaBundle" . }}
- {{ printf "--ca-bundle=%s/%s" (include "caFolder" .) .Values.caBundle.key | quote }}
{{- end }}
{{- end -}}

{{- define "environment" -}}
{{- range $name, $value := dict "RUST_LOG" .Values.logLevel "HTTPS_PROXY" .Values.proxy.https "HTTP_PROXY" .Values.proxy.http "NO_PROXY" .Values.proxy.noProxy }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* All that the operator may do to the resources and Secrets of a namespace. */ -}}
{{- define "rules" -}}
- apiGroups: [cbr.replication.dev]
  resources: [backupreplications]
  verbs: [get, list, watch]
- apiGroups: [cbr.replication.dev]
  resources: [backupreplications/status]
  verbs: [patch]
# The Secrets that resources name. Without list and watch none can be found out that is not named.
- apiGroups: [""]
  resources: [secrets]
  {{- with .Values.rbac.secretNames }}
  resourceNames:
  {{- toYaml . | nindent 2 }}
  {{- end }}
  verbs: [get]
# What `kubectl describe` tells. A repeated Event is patched.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "subjects" -}}
- kind: ServiceAccount
  name: {{ include "serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
