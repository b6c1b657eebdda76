/** Patterns of the identifiers that cross a wire. All are ASCII, lower case and safe in a topic, a URL and a file name. */
import { Type } from 'typebox';

/** Also the MQTT client id and user name, so at most 23 characters (MQTT 3.1.1, 3.1.3.1: what every server must allow). */
export const TERMINAL_ID_PATTERN = '^[a-z0-9][a-z0-9-]{1,22}$';
/** Of a unit or a window. */
export const ORG_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,39}$';

/** Made at random when a terminal creates a journal: a new SD card is a new epoch. 32 hexadecimal digits. */
export const Epoch = Type.String({ pattern: '^[0-9a-f]{32}$' });
/** The operating system's boot id (Linux: /proc/sys/kernel/random/boot_id) or another token new at every start. */
export const BootId = Type.String({ pattern: '^[0-9A-Za-z-]{1,36}$' });
/** The end of the year 9999. */
export const MAX_EPOCH_MS = 253_402_300_799_999;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export const EpochMs = Type.Integer({ minimum: 0, maximum: MAX_EPOCH_MS });
/** Votes one journal can have: at one a second more than thirty years. A claim beyond it is no claim. */
export const MAX_VOTES_PER_EPOCH = 1_000_000_000;
/** Position of a vote in its journal, from 1 without a gap. */
export const Seq = Type.Integer({ minimum: 1, maximum: MAX_VOTES_PER_EPOCH });
/** A count of votes. */
export const Count = Type.Integer({ minimum: 0, maximum: MAX_VOTES_PER_EPOCH });
