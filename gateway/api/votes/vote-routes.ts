import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifySchema } from 'fastify';
import { CHANNELS } from '../../../protocol/channel.ts';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import { VERDICTS } from '../../../protocol/verdict.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import type { Audit } from '../../audit/audit.ts';
import { type Actor, isSameActor } from '../../domain/actor.ts';
import type { AuditTarget } from '../../domain/audit-target.ts';
import type { ServiceWindow } from '../../domain/org.ts';
import { actorOf } from '../../domain/principal.ts';
import { createZonedTime } from '../../domain/zoned-time.ts';
import type { PrivacyBook } from '../../privacy/privacy-book.ts';
import type { ExportedVote, VoteReads } from '../../store/votes.ts';
import { Refusal } from '../border/errors.ts';
import { byOf, principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import { clockOf, EXPORTED_CLOCKS, verdictOf, votesAsCsv } from './vote-csv.ts';

export type VoteDeps = {
  visibleTree: VisibleTree;
  privacy: Pick<PrivacyBook, 'settingsOf'>;
  votes: VoteReads;
  audit: Audit;
  timeZone: string;
};

const Query = Type.Object(
  {
    from: Type.Integer({ ...EpochMs, description: 'Pressed at this time or later' }),
    to: Type.Integer({ ...EpochMs, description: 'And before this one' }),
    window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN, description: 'At this window alone' })),
    format: Type.Optional(
      Type.Unsafe<'json' | 'csv'>({
        type: 'string',
        enum: ['json', 'csv'],
        default: 'json',
        description: '`csv` for a spreadsheet',
      }),
    ),
  },
  { additionalProperties: false },
);

/** A reader that takes nothing for so long is cut, so that it holds no part of the export. */
const STALLED_MS = 30_000;
/** At once: of all, and of one account, whose slow reading must leave room for the others. */
const MAX_EXPORTS = 4;
const MAX_EXPORTS_OF_ONE = 2;

const VoteItem = Type.Object({
  window: Type.String(),
  terminal: NullableString,
  epoch: NullableString,
  origin: NullableString,
  key: { ...NullableString, description: 'What its origin calls it' },
  seq: Type.Integer(),
  channel: oneOf(CHANNELS),
  rating: oneOf(RATINGS),
  at: Type.Integer(),
  clock: { ...oneOf(EXPORTED_CLOCKS), description: '`origin`: as the system says' },
  receivedAt: Type.Integer(),
  claimedAt: NullableNumber,
  excluded: Type.Boolean(),
  verdict: oneOf(VERDICTS),
});

/** For the description: a stream is sent as it is. */
const RESPONSE: FastifySchema['response'] = {
  200: {
    description: 'A stream of votes; it breaks off when the reader takes nothing for half a minute',
    content: {
      'application/json': { schema: Type.Array(VoteItem) },
      'text/csv': { schema: Type.String() },
    },
  },
};

function recordOf(vote: ExportedVote) {
  return {
    window: vote.windowId,
    terminal: vote.terminalId,
    epoch: vote.epoch,
    origin: vote.origin,
    key: vote.key,
    seq: vote.seq,
    channel: CHANNELS[vote.channel],
    rating: RATINGS[vote.rating],
    at: vote.at,
    clock: clockOf(vote),
    receivedAt: vote.receivedAt,
    claimedAt: vote.claimedAt,
    excluded: vote.excluded === 1,
    verdict: verdictOf(vote),
  };
}

/** A system's key may be the number of somebody's case: it is not for who may know them. */
async function* withoutKeys(pages: AsyncIterable<ExportedVote[]>): AsyncGenerator<ExportedVote[]> {
  for await (const page of pages) yield page.map((vote) => ({ ...vote, key: null }));
}

async function* json(pages: AsyncIterable<ExportedVote[]>): AsyncGenerator<string> {
  let lead = '[';
  for await (const page of pages) {
    yield lead + page.map((vote) => JSON.stringify(recordOf(vote))).join(',\n');
    lead = ',\n';
  }
  yield lead === '[' ? '[]' : ']';
}

/** Writes page by page, letting votes in between and waiting for a slow reader, but for none that has gone. */
async function pump(parts: AsyncIterable<string>, output: PassThrough): Promise<void> {
  const gone = new AbortController();
  output.once('close', () => gone.abort());
  for await (const part of parts) {
    if (output.destroyed) return;
    const signal = () => AbortSignal.any([gone.signal, AbortSignal.timeout(STALLED_MS)]);
    if (!output.write(part)) await once(output, 'drain', { signal: signal() });
    await new Promise(setImmediate);
  }
  output.end();
}

/** Every stored vote pressed in a span of time, streamed. */
export const voteRoutes: FastifyPluginCallbackTypebox<VoteDeps> = (
  app,
  { visibleTree, privacy, votes, audit, timeZone },
  done,
) => {
  const running: Actor[] = [];
  const timeOf = createZonedTime(timeZone);
  app.get(
    '/votes',
    {
      // HEAD would read the whole export to throw it away.
      exposeHeadRoute: false,
      schema: {
        summary: 'Stored votes pressed in [from, to), oldest first',
        description:
          'JSON is for programs. CSV is for spreadsheets: UTF-8 with a byte order mark; `atTime` and `receivedAtTime` are `at` and `receivedAt` in the time zone of the gateway (ISO 8601); a text that a spreadsheet would change (`1-2`, `1e5`, `0012`, `=…`) has an apostrophe before it, as has one that begins with an apostrophe.',
        tags: ['votes'],
        querystring: Query,
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      const { from, to, window: windowId, format } = request.query;
      const tree = visibleTree(request);
      if (from >= to) throw new Refusal(400, 'parameters-invalid', '`from` must be before `to`');
      const serviceWindow = windowId === undefined ? undefined : tree.windowById.get(windowId);
      if (windowId !== undefined && !serviceWindow)
        throw new Refusal(404, 'window-unknown', `there is no window ${windowId}: see /api/v1/windows`);
      const { unitId } = principalOf(request);
      const isWithheld = ({ key }: ServiceWindow) => unitId !== null && privacy.settingsOf(key).isOn;
      if ((serviceWindow ? [serviceWindow] : tree.windows).some(isWithheld))
        throw new Refusal(
          403,
          'votes-withheld',
          'a vote with its moment tells of one person: ask for scores, or the control centre (docs/privacy.md)',
        );
      const actor = actorOf(principalOf(request));
      const own = running.filter((one) => isSameActor(one, actor)).length;
      if (running.length >= MAX_EXPORTS || own >= MAX_EXPORTS_OF_ONE)
        throw new Refusal(429, 'exports-busy', 'too many exports are running: try again when one is done');
      running.push(actor);
      const leave = () => void running.splice(running.indexOf(actor), 1);
      const target: AuditTarget = serviceWindow
        ? { kind: 'window', id: serviceWindow.id }
        : { kind: 'votes' };
      try {
        await audit({ by: byOf(request), action: 'votes.export', target, detail: { from, to } });
      } catch (error) {
        leave();
        throw error;
      }
      const everything = request.principal?.unitId === null;
      const asked = serviceWindow ? [serviceWindow] : everything ? null : tree.windows;
      const stored = votes.exportVotes(from, to, asked?.map(({ key }) => key) ?? null);
      const pages = everything ? stored : withoutKeys(stored);
      const output = new PassThrough();
      // The place is free when the database is let go of, not when the reader has left.
      const nameOf = (id: string) => tree.windowById.get(id)?.name ?? '';
      pump(format === 'csv' ? votesAsCsv(pages, { nameOf, timeOf }) : json(pages), output)
        .catch((error: Error) => output.destroy(error))
        .finally(leave);
      reply.header('content-type', format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json');
      if (format === 'csv') reply.header('content-disposition', 'attachment; filename="votes.csv"');
      return reply.send(output);
    },
  );
  done();
};
