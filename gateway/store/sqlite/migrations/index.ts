/** Applied in order, each once; the database's user_version is how many it has had. Never change one that has shipped. */
import { VOTES } from './001-votes.ts';
import { AUDIT } from './002-audit.ts';
import { CERTIFICATES } from './003-certificates.ts';
import { PEOPLE } from './004-people.ts';
import { REVIEW } from './005-review.ts';
import { LINK_EXPIRY } from './006-link-expiry.ts';
import { JOURNALS_PUT_AWAY } from './007-journals-put-away.ts';

export const MIGRATIONS: readonly string[] = [
  VOTES,
  AUDIT,
  CERTIFICATES,
  PEOPLE,
  REVIEW,
  LINK_EXPIRY,
  JOURNALS_PUT_AWAY,
];
