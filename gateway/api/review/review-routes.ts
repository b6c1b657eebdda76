/** What is held, which votes count, what is still expected of a journal: read, and decided with a reason. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Epoch, TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber } from '../../../protocol/score.ts';
import type { Review } from '../../review/review.ts';
import type { Excluded, HeldFilter } from '../../store/review.ts';
import { Refusal } from '../border/errors.ts';
import { byOf } from '../border/guard.ts';
import { requireTerminal, type VisibleTree } from '../org/visible-tree.ts';
import * as shape from './review-shapes.ts';

export type ReviewDeps = { visibleTree: VisibleTree; review: Review };

const TAGS = ['review'];

export const reviewRoutes: FastifyPluginCallbackTypebox<ReviewDeps> = (
  app,
  { visibleTree, review },
  done,
) => {
  const known = (request: FastifyRequest, id: string) => requireTerminal(visibleTree(request), id);
  const inOrder = ({ from, to }: { from: number; to: number }) => {
    if (from >= to) throw new Refusal(400, 'parameters-invalid', '`from` must be before `to`');
    return { from, to };
  };
  const filterOf = (request: FastifyRequest, asked: shape.Which): HeldFilter => ({
    ...(asked.terminal !== undefined && { terminalId: known(request, asked.terminal) }),
    ...(asked.kind !== undefined && { reason: asked.kind }),
    ...(asked.from !== undefined && { from: asked.from }),
    ...(asked.to !== undefined && { to: asked.to }),
  });

  const excludedOf = (request: FastifyRequest, asked: shape.Named): Excluded => {
    const { terminal, origin, originUnit, window: windowId } = asked;
    const isOne =
      terminal === undefined ? origin !== undefined || windowId !== undefined : windowId === undefined;
    if (!isOne || (origin === undefined ? originUnit !== undefined : terminal !== undefined))
      throw new Refusal(
        400,
        'parameters-invalid',
        'say one of `terminal`, `origin` (with `originUnit`, `window`) and `window`',
      );
    if (terminal !== undefined) return { terminalId: known(request, terminal) };
    if (windowId !== undefined && !visibleTree(request).windowById.has(windowId))
      throw new Refusal(404, 'window-unknown', `there is no window ${windowId}: see /api/v1/windows`);
    return {
      ...(origin !== undefined && { origin: { name: origin, unitId: originUnit ?? null } }),
      ...(windowId !== undefined && { windowId }),
    };
  };

  app.get(
    '/held',
    {
      schema: {
        summary: 'Votes held until a person has decided, newest first',
        tags: TAGS,
        querystring: shape.HeldQuery,
        response: { 200: Type.Array(shape.HeldItem) },
      },
    },
    async (request) => {
      const { limit = 100, ...asked } = request.query;
      const records = await review.held(filterOf(request, asked), limit);
      return records.map(({ key: _, decision: __, ...record }) => record);
    },
  );
  app.get(
    '/held/summary',
    {
      schema: {
        summary: 'How many votes are held, by terminal and kind',
        tags: TAGS,
        response: { 200: Type.Array(shape.HeldSummaryItem) },
      },
    },
    () => review.heldSummary(),
  );
  app.post(
    '/held/decisions',
    {
      schema: {
        summary:
          'Make votes of what is held (release), leave it out (dismiss), or hold again what was left out (reconsider)',
        tags: TAGS,
        body: shape.HeldDecision,
        response: { 201: shape.HeldOutcome },
      },
    },
    async (request, reply) => {
      const { decision, reason, all = false, ...asked } = request.body;
      const filter = filterOf(request, asked);
      if (Object.keys(filter).length === 0 && !all)
        throw new Refusal(400, 'parameters-invalid', 'say which (terminal, kind, from, to), or `all`: true');
      const by = byOf(request);
      reply.status(201);
      const none = { released: 0, taken: 0, unfit: 0, dismissed: 0, held: 0 };
      if (decision === 'release') return { ...none, ...(await review.release(by, filter, reason)) };
      if (decision === 'dismiss') return { ...none, dismissed: await review.dismiss(by, filter, reason) };
      return { ...none, held: await review.reconsider(by, filter, reason) };
    },
  );

  app.get(
    '/exclusions',
    {
      schema: {
        summary: 'Spans of votes that are not counted, and those that were',
        tags: TAGS,
        response: { 200: Type.Array(shape.ExclusionItem) },
      },
    },
    async () =>
      (await review.exclusions()).map(
        ({ terminalKey: _, originKey: __, windowKey: ___, ...exclusion }) => exclusion,
      ),
  );
  app.post(
    '/exclusions',
    {
      schema: {
        summary:
          'Count votes of a span no longer: of a terminal, of another system, or of a window; they stay stored, and are shown beside the score',
        description:
          'Say `terminal`; or `origin`, with `originUnit` where its link is bound to a unit, and `window` where it is about one; or `window` alone. Votes that come later into the span are excluded, too.',
        tags: TAGS,
        body: shape.NewExclusion,
        response: { 201: Type.Object({ id: Type.String(), votes: Type.Integer() }) },
      },
    },
    async (request, reply) => {
      const { reason, from, to, ...named } = request.body;
      const which = excludedOf(request, named);
      const made = await review.exclude(byOf(request), which, inOrder({ from, to }), reason);
      reply.status(201);
      return made;
    },
  );
  app.post(
    '/exclusions/:id/end',
    {
      schema: {
        summary: 'Take an exclusion back: its votes count again',
        tags: TAGS,
        params: Type.Object({
          id: Type.String({ pattern: '^x-[0-9a-f]{1,40}$', description: 'The exclusion' }),
        }),
        body: shape.Why,
        response: { 201: Type.Object({ id: Type.String(), endedAt: NullableNumber }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { endedAt } = await review.include(byOf(request), id, request.body.reason);
      reply.status(201);
      return { id, endedAt };
    },
  );
  app.post(
    '/redatings',
    {
      schema: {
        summary: 'Set a terminal’s votes of a span to another time, or to what the terminal said',
        tags: TAGS,
        body: shape.Redating,
        response: { 201: Type.Object({ redated: Type.Integer() }) },
      },
    },
    async (request, reply) => {
      const { terminal, shiftMs, claimed = false, reason, ...span } = request.body;
      if ((shiftMs === undefined) !== claimed)
        throw new Refusal(400, 'parameters-invalid', 'say one of `shiftMs` and `claimed`: true');
      const id = known(request, terminal);
      const how = shiftMs ?? 'claimed';
      const redated = await review.redate(byOf(request), id, inOrder(span), how, reason);
      reply.status(201);
      return { redated };
    },
  );

  const Terminal = Type.String({ pattern: TERMINAL_ID_PATTERN, description: 'The terminal' });
  app.get(
    '/terminals/:id/epochs',
    {
      schema: {
        summary: 'A terminal’s journals: what is stored, held, lost and on its way',
        tags: TAGS,
        params: Type.Object({ id: Terminal }),
        response: { 200: Type.Array(shape.JournalItem) },
      },
    },
    async (request) => {
      const journals = await review.journals(known(request, request.params.id));
      return journals.map(({ terminalId: _, ...journal }) => journal);
    },
  );
  app.post(
    '/terminals/:id/epochs/:epoch/decisions',
    {
      schema: {
        summary: 'Close a journal or open it again, write off what it still owes or expect it again',
        tags: TAGS,
        params: Type.Object({ id: Terminal, epoch: Type.String({ ...Epoch, description: 'The journal' }) }),
        body: shape.JournalDecision,
        response: { 201: shape.JournalOutcome },
      },
    },
    async (request, reply) => {
      const { epoch } = request.params;
      const { decision, reason } = request.body;
      const id = known(request, request.params.id);
      const by = byOf(request);
      reply.status(201);
      const none = { lost: 0, onItsWay: 0, expected: 0 };
      if (decision === 'write-off') return { ...none, ...(await review.writeOff(by, id, epoch, reason)) };
      if (decision === 'expect')
        return { ...none, expected: await review.undoWriteOff(by, id, epoch, reason) };
      if (decision === 'close') await review.close(by, id, epoch, reason);
      else await review.reopen(by, id, epoch, reason);
      return none;
    },
  );
  done();
};
