{{- define "dovecote.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{- define "dovecote.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What never changes about the pods of a component. Takes a dict of root and component. */}}
{{- define "dovecote.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "dovecote.labels" -}}
{{ include "dovecote.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "dovecote.fromSecret" -}}
valueFrom: { secretKeyRef: { name: {{ .name | quote }}, key: {{ .key | quote }} } }
{{- end }}

{{/* The variables of every process. */}}
{{- define "dovecote.env" -}}
- name: ENVIRONMENT
  value: production
- name: DATA_DIR
  value: /data
- name: LOG_FORMAT
  value: json
- name: PUBLIC_URL
  value: {{ required "publicUrl: how clients reach the server" .Values.publicUrl | quote }}
{{- with .Values.appUrl }}
- name: APP_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.trustedProxies }}
- name: TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.database }}
- name: DATABASE_URL
  {{- include "dovecote.fromSecret" (dict "name" .existingSecret "key" .urlKey) | nindent 2 }}
{{- if .appUrlKey }}
- name: DATABASE_APP_URL
  {{- include "dovecote.fromSecret" (dict "name" .existingSecret "key" .appUrlKey) | nindent 2 }}
{{- end }}
{{- end }}
- name: CLICKHOUSE_URL
  {{- include "dovecote.fromSecret" (dict "name" .Values.clickhouse.existingSecret "key" .Values.clickhouse.urlKey) | nindent 2 }}
- name: MASTER_KEY
  {{- include "dovecote.fromSecret" (dict "name" .Values.masterKey.existingSecret "key" .Values.masterKey.key) | nindent 2 }}
{{- with .Values.smtp }}
{{- if .existingSecret }}
- name: SMTP_URL
  {{- include "dovecote.fromSecret" (dict "name" .existingSecret "key" .urlKey) | nindent 2 }}
{{- end }}
{{- if .from }}
- name: MAIL_FROM
  value: {{ .from | quote }}
{{- end }}
{{- end }}
{{- with .Values.redis }}
{{- if .existingSecret }}
- name: REDIS_URL
  {{- include "dovecote.fromSecret" (dict "name" .existingSecret "key" .urlKey) | nindent 2 }}
{{- end }}
{{- end }}
{{- $backup := .Values.backup }}
{{- with .Values.exports.s3 }}
{{- if .bucket }}
- name: S3_BUCKET
  value: {{ .bucket | quote }}
{{- end }}
{{- if or .bucket (hasPrefix "s3://" $backup.target) }}
{{- if .region }}
- name: S3_REGION
  value: {{ .region | quote }}
{{- end }}
{{- if .endpoint }}
- name: S3_ENDPOINT
  value: {{ .endpoint | quote }}
{{- end }}
{{- if .existingSecret }}
- name: S3_ACCESS_KEY_ID
  {{- include "dovecote.fromSecret" (dict "name" .existingSecret "key" "access-key-id") | nindent 2 }}
- name: S3_SECRET_ACCESS_KEY
  {{- include "dovecote.fromSecret" (dict "name" .existingSecret "key" "secret-access-key") | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- with $backup }}
{{- if .schedule }}
- name: BACKUP_SCHEDULE
  value: {{ .schedule | quote }}
- name: BACKUP_TARGET
  value: {{ required "backup.target: where backups go" .target | quote }}
- name: BACKUP_KEEP
  value: {{ .keep | quote }}
{{- end }}
{{- end }}
- name: SHUTDOWN_GRACE_SECONDS
  value: {{ .Values.shutdownGraceSeconds | quote }}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* The metrics listener: for this pod alone, or behind a token. */}}
{{- define "dovecote.metricsEnv" -}}
- name: METRICS_PORT
  value: '9464'
{{- if .Values.metrics.enabled }}
- name: METRICS_HOST
  value: 0.0.0.0
- name: METRICS_TOKEN
  {{- include "dovecote.fromSecret" (dict "name" .Values.metrics.existingSecret "key" .Values.metrics.tokenKey) | nindent 2 }}
{{- end }}
{{- end }}

{{/* The image runs as the user node (1000) and writes to /data and /tmp only. */}}
{{- define "dovecote.podSettings" -}}
automountServiceAccountToken: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: data
    {{- if .Values.exports.existingClaim }}
    persistentVolumeClaim: { claimName: {{ .Values.exports.existingClaim | quote }} }
    {{- else }}
    emptyDir: {}
    {{- end }}
  # Exports are put together here.
  - name: tmp
    emptyDir: {}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "dovecote.containerSettings" -}}
image: {{ include "dovecote.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: data, mountPath: /data }
  - { name: tmp, mountPath: /tmp }
{{- end }}

{{/* Calls and jobs each have the grace, before them the endpoints time to notice, behind them the rest ten seconds. */}}
{{- define "dovecote.terminationGrace" -}}
{{ add (mul 2 .Values.shutdownGraceSeconds) 15 }}
{{- end }}
