/**
 * How SQLite came to where both databases begin: every data folder has had these, or gets them. What comes later is written for
 * both (../../sql/migrations). Never change one.
 */
import { VOTES } from './001-votes.ts';
import { AUDIT } from './002-audit.ts';
import { CERTIFICATES } from './003-certificates.ts';
import { PEOPLE } from './004-people.ts';
import { REVIEW } from './005-review.ts';
import { LINK_EXPIRY } from './006-link-expiry.ts';
import { JOURNALS_PUT_AWAY } from './007-journals-put-away.ts';

export const HISTORY: readonly string[] = [
  VOTES,
  AUDIT,
  CERTIFICATES,
  PEOPLE,
  REVIEW,
  LINK_EXPIRY,
  JOURNALS_PUT_AWAY,
];
