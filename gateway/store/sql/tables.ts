/** The tables of what is written once for both databases, as the migrations leave them. Times are UTC milliseconds. */
import type { Generated } from 'kysely';

export type Tables = {
  units: { key: Generated<number>; id: string; parent_key: number | null; name: string };
  /** See `UnitZone`. */
  unit_time_zones: { unit_key: number; from_at: number; time_zone: string | null };
  windows: { key: Generated<number>; id: string; unit_key: number; name: string };
  /** Of units and windows: see `OrgVersion`. */
  org_versions: { kind: string; key: number; parent_key: number | null; name: string; from_at: number };
  terminals: { key: Generated<number>; id: string; window_key: number; last_seen_at: number | null };
  certificates: {
    serial: string;
    terminal_key: number;
    public_key: string;
    issued_at: number;
    expires_at: number;
    first_used_at: number | null;
    revoked_at: number | null;
    reason: string | null;
  };
  enrolments: {
    terminal_key: number;
    secret_hash: Buffer;
    expires_at: number;
    public_key: string | null;
  };
  accounts: {
    key: Generated<number>;
    name: string;
    display_name: string;
    role: string;
    unit_key: number | null;
    password_hash: string;
    must_change_password: number;
    created_at: number;
    disabled_at: number | null;
  };
  sessions: {
    id: string;
    token_hash: Buffer;
    account_key: number;
    created_at: number;
    last_used_at: number;
    address: string;
    user_agent: string;
  };
  links: {
    key: Generated<number>;
    id: string;
    kind: string;
    name: string;
    unit_key: number | null;
    token_hash: Buffer;
    created_at: number;
    created_by: string;
    last_used_at: number | null;
    expires_at: number;
    revoked_at: number | null;
  };
  /** `sealed_with`: the id of the key. */
  keys: { name: string; sealed_with: string; sealed: Buffer };
  put_away: { terminal_key: number; reported_at: number; journals: string };
  commands: {
    key: Generated<number>;
    id: string;
    terminal_key: number;
    op: string;
    args: string;
    reason: string;
    made_at: number;
    made_by: string;
    expires_at: number;
    delivered_at: Generated<number | null>;
    answered_at: Generated<number | null>;
    ok: Generated<number | null>;
    code: Generated<string | null>;
    detail: Generated<string | null>;
  };
  exclusions: {
    key: Generated<number>;
    id: string;
    terminal_key: number | null;
    from_at: number;
    to_at: number;
    reason: string;
    made_at: number;
    made_by: string;
    ended_at: Generated<number | null>;
    origin_key: number | null;
    window_key: number | null;
  };
  rule_versions: VersionRow;
  alert_rule_versions: VersionRow;
  alerts: {
    key: Generated<number>;
    id: string;
    kind: string;
    node: string;
    unit_key: number;
    cause: string | null;
    urgent: number;
    begin_at: number;
    last_at: number;
    times: number;
    detail: string;
    opened_at: number;
    acknowledged_at: Generated<number | null>;
    acknowledged_by: Generated<string | null>;
    closed_at: Generated<number | null>;
    closed_by: Generated<string | null>;
    closed_why: Generated<string | null>;
    noted: Generated<number>;
  };
  alert_comments: {
    key: Generated<number>;
    alert_key: number;
    made_at: number;
    made_by: string;
    text: string;
  };
  alerts_noted: { key: number; version: number; rules: Generated<number> };
  alert_targets: {
    key: Generated<number>;
    id: string;
    channel: string;
    name: string;
    address: string;
    unit_key: number | null;
    kinds: string | null;
    language: string;
    sealed: Buffer | null;
    made_at: number;
    made_by: string;
    removed_at: Generated<number | null>;
    failures: Generated<number>;
    retry_at: Generated<number>;
  };
  alert_deliveries: {
    key: Generated<number>;
    id: string;
    target_key: number;
    alert_key: number | null;
    event: string;
    body: string;
    made_at: number;
    due_at: number;
    attempts: Generated<number>;
    state: string;
    code: Generated<string | null>;
    note: Generated<string | null>;
    done_at: Generated<number | null>;
  };
  privacy_nodes: {
    key: Generated<number>;
    node: string;
    settings: string;
    reason: string;
    made_at: number;
    made_by: string;
  };
  shown_windows: {
    window_key: number;
    dark_satisfied: number;
    dark_basically: number;
    dark_unsatisfied: number;
    stepped_at: number;
  };
  shown_days: {
    window_key: number;
    day: number;
    taken_satisfied: number;
    taken_basically: number;
    taken_unsatisfied: number;
    satisfied: number;
    basically: number;
    unsatisfied: number;
  };
  shown_steps: { minutes: number; at: number };
  unjudged: { key: Generated<number>; window_key: number; from_at: number; to_at: number };
  reviewed: { key: number; decisions: number };
  reviews: {
    key: Generated<number>;
    id: string;
    window_key: number;
    decision: string;
    detector: string;
    version: number;
    about: string;
    from_at: number;
    to_at: number;
    evidence: string;
    found_at: number;
    state: string;
    proposed_by: Generated<string | null>;
    confirmed_order: Generated<number | null>;
  };
  review_votes: { review_key: number; source_key: number; seq: number };
  review_events: {
    key: Generated<number>;
    review_key: number;
    step: string;
    at: number;
    made_by: string;
    reason: string;
  };
  decided_votes: { source_key: number; seq: number; review_key: number; decision: string; by_rules: number };
  looked_windows: { window_key: number; at: number };
  looked_days: { window_key: number; day: number; seen: string };
  leases: { name: string; holder: string; token: number; until: number };
  noted: { key: number; version: number };
  publications: {
    key: Generated<number>;
    id: string;
    version: number;
    head: string;
    body: string;
    sha256: string;
  };
  publication_withdrawals: { id: string; version: number; at: number; made_by: string; reason: string };
  /** From here on those of the ledger, as far as people decide about what is in them. */
  sources: { key: number; terminal_key: number; epoch: string; closed_at: number | null };
  boots: { key: Generated<number>; boot: string };
  votes: {
    source_key: number;
    seq: number;
    window_key: number;
    rating: number;
    at: number;
    clock: number;
    boot_key: number;
    mono: number;
    received_at: number;
    channel: Generated<number>;
    verdict: Generated<number>;
  };
  rollups: Excluded & { first_seq: number; last_seq: number; last_at: number };
  datings: { source_key: number; seq: number; claimed_at: number };
  excluded: Excluded;
  discounted: Excluded & { verdict: number };
  origins: { key: number; unit_id: string; name: string; last_seq: number };
  origin_votes: { source_key: number; key: string; seq: number; imputed: Generated<number> };
  apart: Excluded & { channel: number; part: number };
  history: HistoryCounts & { unit_key: number; span: number; quarter: number };
  history_late: HistoryCounts & { key: Generated<number>; window_key: number; quarter: number };
  history_state: { key: number; folded_until: number; late_before: number; written_until: number };
  quarantine: {
    key: number;
    source_key: number | null;
    reason: string;
    decision: string | null;
    decided_at: number | null;
  };
  lost: {
    source_key: number;
    from_seq: number;
    to_seq: number;
    noted_at: number;
    written_off_at: number | null;
    on_its_way: Generated<number>;
  };
  audit: {
    seq: number;
    at: number;
    actor: string;
    origin: string;
    action: string;
    target: string;
    detail: string;
    prior: Buffer;
    hash: Buffer;
  };
  audit_head: { key: number; seq: number; hash: Buffer; mac: Buffer };
};

type VersionRow = {
  key: Generated<number>;
  node: string;
  version: number;
  valid_from: string;
  valid_to: string | null;
  settings: string;
  reason: string;
  made_at: number;
  made_by: string;
};

type Excluded = {
  source_key: number;
  quarter: number;
  window_key: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
};

type HistoryCounts = {
  channel: number;
  part: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
};
