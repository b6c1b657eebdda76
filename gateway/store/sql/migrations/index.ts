/**
 * Applied in order, each once, to both databases; forward only. Never change one that has shipped. Each is written once with the
 * flavour's builder, or, where the databases differ, as a list of statements for each.
 */
import { CHANNELS } from './008-channels.ts';
import { KEYS } from './009-keys.ts';
import { LEASES } from './010-leases.ts';
import { VERDICTS } from './011-verdicts.ts';
import { RULES } from './012-rules.ts';
import { ORG_VERSIONS } from './013-org-versions.ts';
import { HISTORY_OF_UNITS } from './014-history.ts';
import { ALERTS } from './015-alerts.ts';
import { PRIVACY } from './016-privacy.ts';
import { APART } from './017-apart.ts';
import { REVIEWS } from './018-reviews.ts';
import { DELIVERY_NOTES } from './019-delivery-notes.ts';
import { ALERT_CHANGES } from './020-alert-changes.ts';
import { ORIGINS } from './021-origins.ts';
import { PUBLICATIONS } from './022-publications.ts';
import { UNIT_TIME_ZONES } from './023-unit-time-zones.ts';
import { EXCLUSIONS_OF_SYSTEMS } from './024-exclusions-of-systems.ts';
import { IMPUTED } from './025-imputed.ts';
import { DECIDED_GUARD } from './026-decided-guard.ts';
import { VOTES_OF_SYSTEMS } from './027-votes-of-systems.ts';
import type { Migration } from './flavour.ts';

/** What SQLite has come to in steps of its own, and PostgreSQL begins with. */
export const BEGINNING = 7;

/** Number 8 is the first. */
export const MIGRATIONS: readonly Migration[] = [
  CHANNELS,
  KEYS,
  LEASES,
  VERDICTS,
  RULES,
  ORG_VERSIONS,
  HISTORY_OF_UNITS,
  ALERTS,
  PRIVACY,
  APART,
  REVIEWS,
  DELIVERY_NOTES,
  ALERT_CHANGES,
  ORIGINS,
  PUBLICATIONS,
  UNIT_TIME_ZONES,
  EXCLUSIONS_OF_SYSTEMS,
  IMPUTED,
  DECIDED_GUARD,
  VOTES_OF_SYSTEMS,
];
