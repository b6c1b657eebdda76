/**
 * What the description says of each operation beside its schema: the name that a generated client calls it by, and every
 * refusal of its own. Those that any operation has are added in openapi.ts. No operation without a line: a test holds it.
 */

/** `STATUS code`. */
export type Refused = `${4 | 5}${string} ${string}`;

export type Operation = { id: string; refused: readonly Refused[] };

const BUSY: Refused = '503 sign-in-busy';
const AUDITED: Refused = '429 changes-too-many';
const ACCOUNT: readonly Refused[] = [
  '422 display-name-invalid',
  '422 unit-required',
  '422 unit-not-for-role',
  '422 unit-unknown',
  AUDITED,
];
const LINK: readonly Refused[] = ['404 link-unknown', '404 unit-unknown', '409 link-revoked', AUDITED];

const REVIEW: readonly Refused[] = ['404 terminal-unknown', '422 reason-invalid', AUDITED];

const operation = (id: string, ...refused: Refused[]): Operation => ({ id, refused });

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /healthz': operation('getAlive'),
  'GET /readyz': operation('getReadiness'),
  'GET /metrics': operation('getMetrics'),

  'POST /api/v1/session': operation(
    'openSession',
    '401 credentials-wrong',
    '401 token-wrong',
    '429 sign-in-throttled',
    BUSY,
  ),
  'GET /api/v1/session': operation('getSession'),
  'DELETE /api/v1/session': operation('closeSession'),
  'PUT /api/v1/session/password': operation(
    'choosePassword',
    '403 credentials-wrong',
    '422 password-weak',
    '429 sign-in-throttled',
    AUDITED,
    BUSY,
  ),
  'GET /api/v1/sessions': operation('listSessions'),
  'DELETE /api/v1/sessions/:id': operation('endSession', '404 session-unknown', AUDITED),

  'GET /api/v1/accounts': operation('listAccounts'),
  'POST /api/v1/accounts': operation('addAccount', '409 name-taken', '422 name-invalid', ...ACCOUNT, BUSY),
  'PATCH /api/v1/accounts/:name': operation(
    'changeAccount',
    '404 account-unknown',
    '409 administrator-last',
    ...ACCOUNT,
  ),
  'DELETE /api/v1/accounts/:name': operation(
    'disableAccount',
    '404 account-unknown',
    '409 administrator-last',
    AUDITED,
  ),
  'POST /api/v1/accounts/:name/password': operation('resetPassword', '404 account-unknown', AUDITED, BUSY),

  'GET /api/v1/links': operation('listLinks'),
  'POST /api/v1/links': operation(
    'addLink',
    '404 unit-unknown',
    '409 links-too-many',
    '422 display-name-invalid',
    '422 unit-not-for-role',
    '422 unit-unknown',
    AUDITED,
  ),
  'PATCH /api/v1/links/:id': operation('extendLink', '409 links-too-many', ...LINK),
  'DELETE /api/v1/links/:id': operation('revokeLink', ...LINK),

  'GET /api/v1/live': operation(
    'listenLive',
    '403 origin-foreign',
    '426 upgrade-required',
    '503 walls-too-many',
  ),
  'GET /api/v1/units': operation('listUnits'),
  'GET /api/v1/windows': operation('listWindows'),
  'GET /api/v1/terminals': operation('listTerminals'),
  'POST /api/v1/terminals': operation('addTerminal', '404 window-unknown', '409 id-taken', AUDITED),
  'POST /api/v1/terminals/:id/codes': operation('openTerminalCode', '404 terminal-unknown', AUDITED),
  'GET /api/v1/terminals/:id/certificates': operation('listCertificates', '404 terminal-unknown'),
  'POST /api/v1/terminals/:id/revocations': operation(
    'revokeCertificates',
    '404 terminal-unknown',
    '404 certificate-unknown',
    '409 certificate-revoked',
    '422 reason-invalid',
    AUDITED,
  ),
  'GET /api/v1/terminals/:id/journals': operation('listPutAwayJournals', '404 terminal-unknown'),
  'GET /api/v1/terminals/:id/commands': operation('listCommands', '404 terminal-unknown'),
  'POST /api/v1/terminals/:id/commands': operation(
    'orderCommand',
    '404 terminal-unknown',
    '404 journal-unknown',
    '409 journal-of-other-terminal',
    '409 commands-too-many',
    '422 reason-invalid',
    AUDITED,
  ),
  'GET /api/v1/held': operation('listHeld', '404 terminal-unknown'),
  'GET /api/v1/held/summary': operation('getHeldSummary'),
  'POST /api/v1/held/decisions': operation('decideHeld', ...REVIEW),
  'GET /api/v1/exclusions': operation('listExclusions'),
  'POST /api/v1/exclusions': operation('excludeVotes', ...REVIEW),
  'POST /api/v1/exclusions/:id/end': operation(
    'endExclusion',
    '404 exclusion-unknown',
    '409 exclusion-ended',
    '422 reason-invalid',
    AUDITED,
  ),
  'POST /api/v1/redatings': operation('redateVotes', ...REVIEW),
  'GET /api/v1/terminals/:id/epochs': operation('listEpochs', '404 terminal-unknown'),
  'POST /api/v1/terminals/:id/epochs/:epoch/decisions': operation(
    'decideEpoch',
    '404 journal-unknown',
    ...REVIEW,
  ),
  'GET /api/v1/scores': operation('getScores', '404 unit-unknown'),
  'GET /api/v1/votes': operation('exportVotes', '404 window-unknown', '429 exports-busy', AUDITED),
  'GET /api/v1/quarantine': operation('listQuarantine'),
  'GET /api/v1/audit': operation('listAudit'),
};
