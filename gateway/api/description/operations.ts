/**
 * What the description says of each operation beside its schema: the name that a generated client calls it by, and every
 * refusal of its own. Those that any operation has are added in openapi.ts. No operation without a line: a test holds it.
 */
import { type Refused, refused } from './refused.ts';

export type Operation = { id: string; refused: readonly Refused[] };

const BUSY: Refused = refused(503, 'sign-in-busy');
const AUDITED: Refused = refused(429, 'changes-too-many');
const ACCOUNT: readonly Refused[] = [
  refused(422, 'display-name-invalid'),
  refused(422, 'unit-required'),
  refused(422, 'unit-not-for-role'),
  refused(422, 'unit-unknown'),
  AUDITED,
];
const LINK: readonly Refused[] = [
  refused(404, 'link-unknown'),
  refused(404, 'unit-unknown'),
  refused(409, 'link-revoked'),
  AUDITED,
];

/** Said of settings; the message names the field of each. */
const RULE_FAULTS = ['rule-invalid', 'rule-incomplete', 'rule-unreachable', 'hours-overlap'] as const;

const PERIOD_FAULTS = [
  'period-unknown',
  'period-never',
  'period-twice',
  'period-reversed',
  'period-out-of-range',
  'period-too-long',
  'comparison-overlaps',
] as const;

const REVIEW: readonly Refused[] = [
  refused(404, 'terminal-unknown'),
  refused(422, 'reason-invalid'),
  AUDITED,
];

const ALERT: readonly Refused[] = [
  refused(404, 'alert-unknown'),
  refused(409, 'alert-closed'),
  refused(422, 'reason-invalid'),
  AUDITED,
];

const TREE_CHANGE: readonly Refused[] = [
  refused(409, 'place-same'),
  refused(409, 'name-same'),
  refused(422, 'unit-unknown'),
  refused(422, 'text-invalid'),
  AUDITED,
];
const TARGET: readonly Refused[] = [refused(404, 'alert-target-unknown'), AUDITED];

/** Of a place that a body names: all, a unit or a window. */
const PLACE: readonly Refused[] = [
  refused(422, 'unit-unknown'),
  refused(404, 'window-unknown'),
  refused(422, 'place-ambiguous'),
];

const PUBLISHING: readonly Refused[] = [
  ...PLACE,
  refused(409, 'publication-exists'),
  refused(409, 'publication-unsettled'),
  refused(409, 'publications-too-many'),
  refused(422, 'publication-open'),
  refused(422, 'publication-too-large'),
  refused(422, 'reason-invalid'),
  refused(429, 'history-busy'),
  AUDITED,
];

const operation = (id: string, ...own: Refused[]): Operation => ({ id, refused: own });

const STEP: readonly Refused[] = [
  refused(404, 'review-unknown'),
  refused(409, 'review-step-impossible'),
  refused(422, 'reason-invalid'),
  AUDITED,
];

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /healthz': operation('getAlive'),
  'GET /readyz': operation('getReadiness'),
  'GET /metrics': operation('getMetrics'),

  'POST /api/v1/session': operation(
    'openSession',
    refused(401, 'credentials-wrong'),
    refused(401, 'token-wrong'),
    refused(429, 'sign-in-throttled'),
    BUSY,
  ),
  'GET /api/v1/session': operation('getSession'),
  'DELETE /api/v1/session': operation('closeSession'),
  'PUT /api/v1/session/password': operation(
    'choosePassword',
    refused(403, 'credentials-wrong'),
    refused(422, 'password-weak'),
    refused(429, 'sign-in-throttled'),
    AUDITED,
    BUSY,
  ),
  'GET /api/v1/sessions': operation('listSessions'),
  'DELETE /api/v1/sessions/:id': operation('endSession', refused(404, 'session-unknown'), AUDITED),

  'GET /api/v1/accounts': operation('listAccounts'),
  'POST /api/v1/accounts': operation(
    'addAccount',
    refused(409, 'name-taken'),
    refused(422, 'name-invalid'),
    ...ACCOUNT,
    BUSY,
  ),
  'PATCH /api/v1/accounts/:name': operation(
    'changeAccount',
    refused(404, 'account-unknown'),
    refused(409, 'administrator-last'),
    ...ACCOUNT,
  ),
  'DELETE /api/v1/accounts/:name': operation(
    'disableAccount',
    refused(404, 'account-unknown'),
    refused(409, 'administrator-last'),
    AUDITED,
  ),
  'POST /api/v1/accounts/:name/password': operation(
    'resetPassword',
    refused(404, 'account-unknown'),
    AUDITED,
    BUSY,
  ),

  'GET /api/v1/links': operation('listLinks'),
  'POST /api/v1/links': operation(
    'addLink',
    refused(404, 'unit-unknown'),
    refused(409, 'links-too-many'),
    refused(422, 'display-name-invalid'),
    refused(422, 'unit-not-for-role'),
    refused(422, 'unit-unknown'),
    AUDITED,
  ),
  'PATCH /api/v1/links/:id': operation('extendLink', refused(409, 'links-too-many'), ...LINK),
  'DELETE /api/v1/links/:id': operation('revokeLink', ...LINK),

  'GET /api/v1/live': operation(
    'listenLive',
    refused(403, 'origin-foreign'),
    refused(426, 'upgrade-required'),
    refused(503, 'walls-too-many'),
  ),
  'GET /api/v1/units': operation('listUnits'),
  'GET /api/v1/windows': operation('listWindows'),
  'PATCH /api/v1/units/:id': operation(
    'changeUnit',
    refused(404, 'unit-unknown'),
    refused(409, 'unit-below-itself'),
    ...TREE_CHANGE,
  ),
  'GET /api/v1/units/:id/time-zones': operation('listUnitTimeZones', refused(404, 'unit-unknown')),
  'POST /api/v1/units/:id/time-zones': operation(
    'setUnitTimeZone',
    refused(404, 'unit-unknown'),
    refused(409, 'time-zone-same'),
    refused(422, 'time-zone-unknown'),
    refused(422, 'time-zone-past'),
    refused(422, 'rule-date-invalid'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'PATCH /api/v1/windows/:id': operation('changeWindow', refused(404, 'window-unknown'), ...TREE_CHANGE),
  'GET /api/v1/terminals': operation('listTerminals'),
  'POST /api/v1/terminals': operation(
    'addTerminal',
    refused(404, 'window-unknown'),
    refused(409, 'id-taken'),
    AUDITED,
  ),
  'POST /api/v1/terminals/:id/codes': operation(
    'openTerminalCode',
    refused(404, 'terminal-unknown'),
    AUDITED,
  ),
  'GET /api/v1/terminals/:id/certificates': operation('listCertificates', refused(404, 'terminal-unknown')),
  'POST /api/v1/terminals/:id/revocations': operation(
    'revokeCertificates',
    refused(404, 'terminal-unknown'),
    refused(404, 'certificate-unknown'),
    refused(409, 'certificate-revoked'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'GET /api/v1/terminals/:id/journals': operation('listPutAwayJournals', refused(404, 'terminal-unknown')),
  'GET /api/v1/terminals/:id/commands': operation('listCommands', refused(404, 'terminal-unknown')),
  'POST /api/v1/terminals/:id/commands': operation(
    'orderCommand',
    refused(404, 'terminal-unknown'),
    refused(404, 'journal-unknown'),
    refused(409, 'journal-of-other-terminal'),
    refused(409, 'commands-too-many'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'GET /api/v1/held': operation('listHeld', refused(404, 'terminal-unknown')),
  'GET /api/v1/held/summary': operation('getHeldSummary'),
  'POST /api/v1/held/decisions': operation('decideHeld', ...REVIEW),
  'GET /api/v1/exclusions': operation('listExclusions'),
  'POST /api/v1/exclusions': operation(
    'excludeVotes',
    ...REVIEW,
    refused(404, 'window-unknown'),
    refused(404, 'origin-unknown'),
  ),
  'POST /api/v1/exclusions/:id/end': operation(
    'endExclusion',
    refused(404, 'exclusion-unknown'),
    refused(409, 'exclusion-ended'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'POST /api/v1/redatings': operation('redateVotes', ...REVIEW),
  'GET /api/v1/terminals/:id/epochs': operation('listEpochs', refused(404, 'terminal-unknown')),
  'POST /api/v1/terminals/:id/epochs/:epoch/decisions': operation(
    'decideEpoch',
    refused(404, 'journal-unknown'),
    ...REVIEW,
  ),
  'GET /api/v1/reviews': operation(
    'listReviews',
    refused(404, 'unit-unknown'),
    refused(404, 'review-unknown'),
  ),
  'GET /api/v1/reviews/:id': operation('getReview', refused(404, 'review-unknown')),
  'POST /api/v1/reviews': operation(
    'raiseReview',
    refused(404, 'window-unknown'),
    refused(422, 'review-empty'),
    refused(422, 'review-too-large'),
    refused(409, 'reviews-too-many'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'POST /api/v1/reviews/:id/propose': operation('proposeReview', ...STEP),
  'POST /api/v1/reviews/:id/confirm': operation('confirmReview', refused(403, 'review-person-same'), ...STEP),
  'POST /api/v1/reviews/:id/send-back': operation('sendReviewBack', ...STEP),
  'POST /api/v1/reviews/:id/dismiss': operation('dismissReview', ...STEP),
  'POST /api/v1/reviews/:id/reopen': operation('reopenReview', ...STEP),
  'GET /api/v1/rules': operation('listRules'),
  'POST /api/v1/rules': operation(
    'addRules',
    ...PLACE,
    ...RULE_FAULTS.map((code) => refused(422, code)),
    refused(422, 'rule-past'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'GET /api/v1/alerts': operation('listAlerts', refused(404, 'unit-unknown')),
  'GET /api/v1/alerts/:id': operation('getAlert', refused(404, 'alert-unknown')),
  'POST /api/v1/alerts/:id/acknowledge': operation('acknowledgeAlert', ...ALERT),
  'POST /api/v1/alerts/:id/close': operation('closeAlert', ...ALERT),
  'POST /api/v1/alerts/:id/comments': operation('commentAlert', ...ALERT),
  'GET /api/v1/alert-rules': operation('listAlertRules'),
  'POST /api/v1/alert-rules': operation(
    'addAlertRules',
    ...PLACE,
    refused(422, 'alert-rule-invalid'),
    refused(422, 'alert-rule-flaps'),
    refused(409, 'rule-version-taken'),
    refused(422, 'rule-past'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'GET /api/v1/alert-rules/preview': operation(
    'previewAlertRule',
    ...PLACE,
    refused(422, 'alert-rule-invalid'),
  ),
  'GET /api/v1/history': operation(
    'getHistory',
    refused(404, 'unit-unknown'),
    refused(404, 'window-unknown'),
    ...PERIOD_FAULTS.map((code) => refused(422, code)),
    refused(422, 'siblings-too-many'),
    refused(429, 'history-busy'),
  ),
  'GET /api/v1/privacy': operation('listPrivacy'),
  'POST /api/v1/privacy': operation(
    'setPrivacy',
    ...PLACE,
    refused(422, 'privacy-invalid'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'GET /api/v1/scores': operation(
    'getScores',
    refused(404, 'unit-unknown'),
    refused(403, 'period-withheld'),
    refused(403, 'channel-withheld'),
    refused(422, 'channel-period-invalid'),
    refused(429, 'history-busy'),
  ),
  'POST /api/v1/rules/preview': operation(
    'previewRules',
    ...PLACE,
    ...RULE_FAULTS.map((code) => refused(422, code)),
    refused(422, 'preview-too-large'),
    refused(429, 'preview-busy'),
  ),
  'GET /api/v1/alert-targets': operation('listAlertTargets'),
  'POST /api/v1/alert-targets': operation(
    'addAlertTarget',
    refused(422, 'mail-not-set-up'),
    refused(422, 'unit-unknown'),
    refused(422, 'alert-target-invalid'),
    refused(409, 'alert-targets-too-many'),
    refused(422, 'alert-kinds-withheld'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'DELETE /api/v1/alert-targets/:id': operation('removeAlertTarget', ...TARGET),
  'POST /api/v1/alert-targets/:id/secret': operation(
    'renewAlertTargetSecret',
    refused(422, 'alert-target-invalid'),
    ...TARGET,
  ),
  'POST /api/v1/alert-targets/:id/test': operation('testAlertTarget', ...TARGET),
  'GET /api/v1/alert-targets/:id/deliveries': operation(
    'listAlertDeliveries',
    refused(404, 'alert-target-unknown'),
  ),
  'POST /api/v1/votes': operation('sendVotes', refused(429, 'votes-too-fast')),
  'GET /api/v1/publications': operation('listPublications'),
  'GET /api/v1/publications/:id': operation(
    'getPublication',
    refused(403, 'period-withheld'),
    refused(404, 'publication-unknown'),
    refused(422, 'publication-too-large'),
    refused(429, 'history-busy'),
  ),
  'POST /api/v1/publications': operation(
    'publishFigures',
    ...PUBLISHING,
    ...PERIOD_FAULTS.map((code) => refused(422, code)),
  ),
  'POST /api/v1/publications/:id/corrections': operation(
    'correctPublication',
    ...PUBLISHING,
    refused(404, 'publication-unknown'),
    refused(409, 'publication-version-taken'),
  ),
  'POST /api/v1/publications/:id/withdrawals': operation(
    'withdrawPublication',
    refused(404, 'publication-unknown'),
    refused(409, 'publication-withdrawn'),
    refused(422, 'reason-invalid'),
    AUDITED,
  ),
  'GET /api/v1/votes': operation(
    'exportVotes',
    refused(403, 'votes-withheld'),
    refused(404, 'window-unknown'),
    refused(429, 'exports-busy'),
    AUDITED,
  ),
  'GET /api/v1/votes/verdict': operation(
    'explainSystemVote',
    refused(403, 'votes-withheld'),
    refused(404, 'origin-unknown'),
    refused(404, 'vote-unknown'),
    AUDITED,
  ),
  'GET /api/v1/votes/:terminal/:epoch/:seq/verdict': operation(
    'explainVote',
    refused(403, 'votes-withheld'),
    refused(404, 'terminal-unknown'),
    refused(404, 'vote-unknown'),
    AUDITED,
  ),
  'GET /api/v1/quarantine': operation('listQuarantine'),
  'GET /api/v1/audit': operation('listAudit'),
};
