import { type Static, Type } from 'typebox';
import { Count, Epoch, EpochMs } from './ids.ts';
import { Clock } from './vote.ts';

const Bytes = Type.Object(
  { freeBytes: Type.Integer({ minimum: 0 }), totalBytes: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

export const MAX_SET_ASIDE_REPORTED = 4;

/** Names a journal put away, in reports and commands: the same for as long as its file is there. */
export const JOURNAL_ID_PATTERN = '^[0-9a-f]{8}$';
export const JournalId = Type.String({ pattern: JOURNAL_ID_PATTERN });

/** A journal that the terminal has put away, unread or overtaken, and still has on its card. */
export const SetAside = Type.Object(
  {
    /** What a command calls it. Left out by terminals that take no commands. */
    id: Type.Optional(JournalId),
    /** When, by the terminal's clock. */
    at: EpochMs,
    /** `corrupt`: it could not be read. `behind`: the gateway had votes of its epoch that it never gave (a copied card).
     * `moved`: it was another terminal's. */
    reason: Type.Union([Type.Literal('corrupt'), Type.Literal('behind'), Type.Literal('moved')]),
    /** Left out when the file did not say. */
    epoch: Type.Optional(Epoch),
    /** Votes in it that no ack covered; left out when nobody knows. */
    unsent: Type.Optional(Count),
    /** Left out while nobody has decided. `sent` and `dropped` (written off) are kept for a while, and wait for nothing. */
    state: Type.Optional(
      Type.Union([Type.Literal('sending'), Type.Literal('sent'), Type.Literal('dropped')]),
    ),
  },
  { additionalProperties: false },
);
export type SetAside = Static<typeof SetAside>;

const JournalHealth = Type.Object(
  {
    /** Votes that no ack covers yet. */
    depth: Count,
    /** Votes kept in all. */
    kept: Count,
    bytes: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Why no vote can be taken now, e.g. `disk-full`; left out while votes are taken. */
    fault: Type.Optional(Type.String({ pattern: '^[a-z][a-z-]{0,39}$' })),
    /** Newest first; left out when there are none. Said in every report for as long as the files are there. */
    setAside: Type.Optional(Type.Array(SetAside, { maxItems: MAX_SET_ASIDE_REPORTED })),
    /** Files put away that were deleted since the start, because there were too many of them. */
    dropped: Type.Optional(Count),
  },
  { additionalProperties: false },
);

/** `manyi/v1/{terminal}/health`, QoS 0, not retained, once a minute. What a board cannot measure is left out. */
export const Health = Type.Object(
  {
    uptimeS: Type.Integer({ minimum: 0 }),
    clock: Clock,
    /** The board's own clock, synchronised as it says, minus the gateway's time; left out while they are within 2 minutes. */
    clockApartMs: Type.Optional(
      Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    ),
    journal: JournalHealth,
    inputs: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 40 }),
          state: Type.Union([Type.Literal('ok'), Type.Literal('fault')]),
          reason: Type.Optional(Type.String({ maxLength: 200 })),
        },
        { additionalProperties: false },
      ),
      { maxItems: 8 },
    ),
    disk: Type.Optional(Bytes),
    memory: Type.Optional(Bytes),
    temperatureC: Type.Optional(Type.Number({ minimum: -60, maximum: 200 })),
    /** Supply voltage below the board's limit: now, and at any time since boot. */
    undervoltage: Type.Optional(
      Type.Object({ now: Type.Boolean(), sinceBoot: Type.Boolean() }, { additionalProperties: false }),
    ),
    /** Version of the configuration that the terminal runs; 0 before any. */
    config: Type.Optional(Count),
    /** Lines of the terminal's log that could not be written since its start; left out when there are none. */
    logLinesLost: Type.Optional(Count),
  },
  { additionalProperties: false },
);
export type Health = Static<typeof Health>;
