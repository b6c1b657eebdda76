/** Journals put away on the cards of terminals, and what terminals are told to do with them. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { JournalId } from '../../../protocol/health.ts';
import { TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import type { CommandDesk } from '../../fleet/command-desk.ts';
import type { CommandRecord } from '../../store/commands.ts';
import { byOf } from '../border/guard.ts';
import { requireTerminal, type VisibleTree } from '../org/visible-tree.ts';

export type CommandDeps = { visibleTree: VisibleTree; commandDesk: CommandDesk };

const TAGS = ['terminals'];
const Params = Type.Object({
  id: Type.String({ pattern: TERMINAL_ID_PATTERN, description: 'The id of the terminal' }),
});
const CommandItem = Type.Object({
  id: Type.String(),
  op: Type.String(),
  journal: Type.String(),
  reason: Type.String(),
  madeAt: Type.Integer(),
  madeBy: Type.String(),
  expiresAt: Type.Integer(),
  /** Brought to the terminal; null while it was not there. */
  deliveredAt: NullableNumber,
  state: oneOf(['waiting', 'delivered', 'done', 'refused']),
  answeredAt: NullableNumber,
  code: NullableString,
  detail: NullableString,
});
const JournalItem = Type.Object({
  /** Null: its terminal is too old to be told what to do with it. */
  id: NullableString,
  at: Type.Integer(),
  reason: oneOf(['corrupt', 'behind', 'moved']),
  epoch: NullableString,
  /** Votes in it that no ack covered; null when nobody knows. */
  unsent: NullableNumber,
  /** `open` while nobody has decided. */
  state: oneOf(['open', 'sending', 'sent', 'dropped']),
  reportedAt: Type.Integer(),
  command: Type.Union([CommandItem, Type.Null()]),
});
const NewCommand = Type.Object(
  {
    op: oneOf(['journal-send', 'journal-drop']),
    journal: JournalId,
    reason: Type.String({ minLength: 1, maxLength: 400 }),
  },
  { additionalProperties: false },
);

const itemOf = ({ args, answer, terminalKey: _, ...command }: CommandRecord) => ({
  ...command,
  journal: args.journal,
  state: stateOf(answer, command.deliveredAt),
  answeredAt: answer?.at ?? null,
  code: answer?.code ?? null,
  detail: answer?.detail ?? null,
});

function stateOf(
  answer: CommandRecord['answer'],
  deliveredAt: number | null,
): 'waiting' | 'delivered' | 'done' | 'refused' {
  if (answer !== null) return answer.ok ? 'done' : 'refused';
  return deliveredAt === null ? 'waiting' : 'delivered';
}

export const commandRoutes: FastifyPluginCallbackTypebox<CommandDeps> = (
  app,
  { visibleTree, commandDesk },
  done,
) => {
  const require = (request: FastifyRequest, id: string) => requireTerminal(visibleTree(request), id);

  app.get(
    '/terminals/:id/journals',
    {
      schema: {
        summary: 'Journals put away on the card of a terminal, as it last said; open ones first',
        tags: TAGS,
        params: Params,
        response: { 200: Type.Array(JournalItem) },
      },
    },
    async (request) =>
      (await commandDesk.journals(require(request, request.params.id))).map(
        ({ journal: { id, at, reason, epoch, unsent, state }, reportedAt, command }) => ({
          ...{ id: id ?? null, at, reason, epoch: epoch ?? null, unsent: unsent ?? null, reportedAt },
          state: state ?? ('open' as const),
          command: command && itemOf(command),
        }),
      ),
  );
  app.get(
    '/terminals/:id/commands',
    {
      schema: {
        summary: 'What a terminal was told to do, newest first, and what came of it',
        tags: TAGS,
        params: Params,
        response: { 200: Type.Array(CommandItem) },
      },
    },
    async (request) => (await commandDesk.commands(require(request, request.params.id))).map(itemOf),
  );
  app.post(
    '/terminals/:id/commands',
    {
      schema: {
        summary:
          'Tell a terminal to send the votes of a journal put away, or write them off; it is told as soon as it is connected',
        tags: TAGS,
        params: Params,
        body: NewCommand,
        response: { 201: Type.Object({ id: Type.String(), expiresAt: Type.Integer() }) },
      },
    },
    (request, reply) => {
      const { op, journal, reason } = request.body;
      const terminalId = require(request, request.params.id);
      reply.status(201);
      return commandDesk.order(byOf(request), { terminalId, op, journal, reason });
    },
  );
  done();
};
