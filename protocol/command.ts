import { type Static, Type } from 'typebox';
import { JournalId } from './health.ts';
import { EpochMs } from './ids.ts';

const CommandId = Type.String({ pattern: '^[0-9A-Za-z-]{1,36}$' });

/** `manyi/v1/{terminal}/command`, QoS 1, not retained. Idempotent by `id`; not to be carried out after `expires`. */
export const Command = Type.Object(
  {
    id: CommandId,
    expires: EpochMs,
    op: Type.Union([
      Type.Literal('identify'),
      Type.Literal('restart'),
      Type.Literal('report'),
      Type.Literal('journal-send'),
      Type.Literal('journal-drop'),
    ]),
    args: Type.Object({}, { additionalProperties: true }),
  },
  { additionalProperties: false },
);
export type Command = Static<typeof Command>;

/** `args` of `journal-send` and `journal-drop`: which of the journals that the health report names. */
export const JournalArgs = Type.Object({ journal: JournalId }, { additionalProperties: false });
export type JournalArgs = Static<typeof JournalArgs>;

/** `manyi/v1/{terminal}/result`, QoS 1, not retained. */
export const CommandResult = Type.Object(
  {
    id: CommandId,
    ok: Type.Boolean(),
    /** Coded reason when not ok, e.g. `expired`, `unknown-op`, `failed`; of a journal `journal-unknown`,
     * `journal-of-other-terminal`, `journal-unreadable`, `journal-not-taken`. */
    code: Type.Optional(Type.String({ pattern: '^[a-z-]{1,40}$' })),
    detail: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  { additionalProperties: false },
);
export type CommandResult = Static<typeof CommandResult>;
