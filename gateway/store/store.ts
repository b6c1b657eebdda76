/** All ports of one database, for whoever opens it. Everybody else takes the port that is theirs. */
import type { TargetStore } from './alert-targets.ts';
import type { AlertStore } from './alerts.ts';
import type { AuditStore } from './audit.ts';
import type { RepairHistory, RepairRollups } from './check.ts';
import type { CommandStore } from './commands.ts';
import type { FleetStore } from './fleet.ts';
import type { HistoryFolding, HistoryStore } from './history.ts';
import type { JournalStore } from './journals.ts';
import type { KeyStore } from './keys.ts';
import type { LeaseStore } from './leases.ts';
import type { Ledger } from './ledger.ts';
import type { Neighbours } from './neighbours.ts';
import type { OrgStore } from './org.ts';
import type { OriginLedger } from './origins.ts';
import type { PeopleStore } from './people.ts';
import type { PrivacyStore } from './privacy.ts';
import type { PublicationStore } from './publications.ts';
import type { ReviewStore } from './review.ts';
import type { ReviewsStore } from './reviews.ts';
import type { RuleStore } from './rules.ts';
import type { ScoreReads } from './scores.ts';
import type { Upkeep } from './upkeep.ts';
import type { VerdictStore } from './verdicts.ts';
import type { VoteReads } from './votes.ts';

export type Store = {
  ledger: Ledger;
  origins: OriginLedger;
  journals: JournalStore;
  votes: VoteReads;
  people: PeopleStore;
  org: OrgStore;
  fleet: FleetStore;
  review: ReviewStore;
  commands: CommandStore;
  audit: AuditStore;
  keys: KeyStore;
  leases: LeaseStore;
  upkeep: Upkeep;
  scores: ScoreReads;
  /** Null where a gateway has its database for itself. */
  neighbours: Neighbours | null;
  verdicts: VerdictStore;
  rules: RuleStore;
  history: HistoryStore;
  folding: HistoryFolding;
  alerts: AlertStore;
  privacy: PrivacyStore;
  alertTargets: TargetStore;
  reviews: ReviewsStore;
  publications: PublicationStore;
  repairRollups: RepairRollups;
  repairHistory: RepairHistory;
  /** What was begun is ended first. */
  close(): void | Promise<void>;
};
