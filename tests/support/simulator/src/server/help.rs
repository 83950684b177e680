//! What the admin API says of itself.

/// What `GET /` says.
pub(crate) const HELP: &str = "\
The admin API of the CBR simulator. JSON in, JSON out; errors are {\"error\": text} with 400, 404 or 405.

GET  /healthz                  200 once it serves
GET  /ca.pem                   the CA of its TLS endpoint
GET  /world                    regions, projects, vaults, backups
GET  /behaviour                what {\"configure\": ...} last set
GET  /records?backup_id=ID     replications, oldest first; of all backups without a query
GET  /scripts                  scripts that still wait for calls
GET  /log?from=N               calls from number N on (0 if left out)
GET  /counts?backup_id=ID      calls received and accepted; of all backups without a query
GET  /applicants               who asked for tokens and keys, and who signed: asked, granted (2xx), refused (401)
GET  /clock                    the time as the service has it
POST /do                       a command or an array of commands, done in order up to the first that fails
POST /wait                     answers when it is so, or 408 after the time
                               {\"milliseconds\": 5000, \"until\": {\"counts\": {\"backup_id\": ID, \"posts\": 1, \"accepted\": 1, \"gets\": 0}}}
                               {\"milliseconds\": 5000, \"until\": {\"hold\": {\"name\": NAME, \"arrivals\": 1}}}

A view tells what look_up (available not_found method_not_allowed not_implemented forbidden refused no_such_backup), records
(present {late} empty null absent), timestamps (unzoned offset zulu unreadable absent), destination_vault (both top_level
extra_info), spelling (as_asked lower upper without_hyphens), shape (full sparse), children (none disks with_records) and
instead (the id of a backup) are. What it leaves out has its default, the first in each list.

Calls come with X-Auth-Token or signed (SDK-HMAC-SHA256, Access=...). Tokens are issued for a password, a token or an
agency (POST /v3/auth/tokens) and for the token of an identity provider (POST /v3.0/OS-AUTH/id-token/tokens), temporary
keys for a token or an agency (POST /v3.0/OS-CREDENTIAL/securitytokens); GET /v3/projects?name= lists projects. A script
names one of these as issue_token exchange temporary_key list_projects, and in \"applicant\" who asks: the user or the
agency, the identity provider, the access key. The sixth refused signature in a row locks an access key for five minutes.

Commands: add_region add_project add_vault set_vault_capacity set_vault_status add_backup remove_backup
set_backup_status add_token expire_token revoke_token expire_tokens_of revoke_tokens_of add_user set_password
unlock_user add_access_key remove_access_key unlock_access_key add_identity_provider add_agency set_clock advance_clock
\"reset_clock\" configure set_view set_token_view add_replication alter_record
advance reveal hide delete_replica script \"clear_scripts\" release. Examples:
{\"set_backup_status\": {\"backup_id\": ID, \"status\": \"protecting\"}}
{\"advance\": {\"id\": RECORD or BACKUP, \"to\": {\"replicating\": {\"progress\": 40}}}}
{\"script\": {\"operation\": \"replicate\", \"times\": 2, \"fault\": {\"steps\": [\"commit\"], \"end\": \"reset\"}}}
{\"script\": {\"fault\": {\"steps\": [\"commit\", {\"hold\": {\"name\": \"a\"}}], \"end\": {\"answer\": {\"status\": 502}}}}}
{\"configure\": {\"pace\": {\"milliseconds\": 20000}, \"view\": {\"records\": {\"late\": {\"milliseconds\": 5000}}}}}
{\"configure\": {\"any_spelling\": true, \"cache\": \"polite\", \"wire\": {\"charset\": true, \"chunked\": true}, \"view\": {\"spelling\": \"lower\"}}}
{\"set_token_view\": {\"token\": {\"value\": TOKEN}, \"view\": {\"records\": \"empty\"}}}
{\"set_view\": {\"backup_id\": ID, \"view\": {\"instead\": OTHER_ID, \"shape\": \"sparse\", \"children\": \"with_records\"}}}
{\"script\": {\"operation\": \"show\", \"token\": TOKEN, \"fault\": {\"end\": {\"answer\": {\"status\": 404, \"body\": {\"page\": \"<p>{request_id}</p>\"}}}}}}
{\"add_replication\": {\"project_id\": ID, \"backup_id\": ID, \"destination_project_id\": ID, \"destination_region\": NAME, \"destination_vault_id\": ID}}
{\"alter_record\": {\"id\": RECORD or BACKUP, \"fields\": {\"created_at\": null, \"extra_info\": {\"auto_trigger\": true}}}}
{\"hide\": {\"id\": RECORD or BACKUP}}
{\"release\": {\"hold\": \"a\"}}
{\"add_user\": {\"domain\": NAME, \"name\": NAME, \"password\": TEXT, \"projects\": [ID]}}
{\"set_password\": {\"user\": NAME, \"password\": {\"value\": TEXT}}}
{\"add_access_key\": {\"access\": AK, \"secret\": SK, \"projects\": [ID], \"user\": NAME}}
{\"add_identity_provider\": {\"id\": NAME, \"issuer\": URL, \"audience\": TEXT, \"jwks\": {\"keys\": [...]}, \"mapping\":
  [{\"subject\": \"system:serviceaccount:tenant-a:*\", \"domain\": NAME, \"user\": NAME, \"projects\": [ID]}]}}
{\"add_agency\": {\"domain\": NAME, \"name\": NAME, \"trusted_domain\": NAME, \"projects\": [ID]}}
{\"advance_clock\": {\"seconds\": -1200}}
{\"set_clock\": {\"at\": \"2026-11-26T08:15:12Z\"}}
{\"expire_tokens_of\": {\"user\": NAME}}
{\"script\": {\"operation\": \"issue_token\", \"applicant\": NAME, \"fault\": {\"end\": {\"answer\": {\"status\": 429}}}}}
{\"configure\": {\"expired_token\": \"expired\", \"header_limits\": {}, \"iam\": {\"token_seconds\": 600, \"wrong_passwords\": 5,
  \"lock_seconds\": 900, \"exchange_names_project\": false}}}
";
