/** Every port that is written once, over one database. */
import type { TargetStore } from '../alert-targets.ts';
import type { AlertStore } from '../alerts.ts';
import type { AuditStore } from '../audit.ts';
import type { CommandStore } from '../commands.ts';
import type { FleetStore } from '../fleet.ts';
import type { LeaseStore } from '../leases.ts';
import type { OrgStore } from '../org.ts';
import type { PeopleStore } from '../people.ts';
import type { PrivacyStore } from '../privacy.ts';
import type { PublicationStore } from '../publications.ts';
import type { ReviewsStore } from '../reviews.ts';
import type { RuleStore } from '../rules.ts';
import { createAlertStore } from './alerts/alert-store.ts';
import { createTargetStore } from './alerts/target-store.ts';
import { createAuditStore } from './audit-store.ts';
import type { AuditDeps } from './changes.ts';
import { createCommandStore } from './commands.ts';
import { createFleetStore } from './fleet.ts';
import type { VerdictTables } from './judging.ts';
import { createLeaseStore } from './leases.ts';
import { createOrgStore } from './org.ts';
import { createPeopleStore } from './people.ts';
import { createPrivacyStore } from './privacy.ts';
import { createPublicationStore } from './publications.ts';
import { createReviewsStore } from './reviews/reviews-store.ts';
import { createRuleStore } from './rules.ts';
import type { SqlDatabase } from './sql-database.ts';

export type SqlPorts = {
  people: PeopleStore;
  org: OrgStore;
  fleet: FleetStore;
  commands: CommandStore;
  audit: AuditStore;
  leases: LeaseStore;
  rules: RuleStore;
  alerts: AlertStore;
  privacy: PrivacyStore;
  alertTargets: TargetStore;
  reviews: ReviewsStore;
  publications: PublicationStore;
};

/** @param journalsOn what the database has for the ledger's side of a change of commands */
export function createSqlPorts(
  database: SqlDatabase,
  audit: AuditDeps,
  journalsOn: Parameters<typeof createCommandStore>[2],
  tables: VerdictTables,
): SqlPorts {
  return {
    people: createPeopleStore(database, audit),
    org: createOrgStore(database, audit),
    fleet: createFleetStore(database, audit),
    commands: createCommandStore(database, audit, journalsOn),
    audit: createAuditStore(database, audit),
    leases: createLeaseStore(database),
    rules: createRuleStore(database, audit),
    alerts: createAlertStore(database, audit),
    privacy: createPrivacyStore(database, audit),
    alertTargets: createTargetStore(database, audit),
    reviews: createReviewsStore(database, audit, tables),
    publications: createPublicationStore(database, audit),
  };
}
