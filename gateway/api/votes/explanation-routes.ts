/** Why one vote counts for what it does. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Epoch, ORG_ID_PATTERN, Seq, TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { SourceVote } from '../../../protocol/source-votes.ts';
import type { Audit } from '../../audit/audit.ts';
import type { VoteExplanations } from '../../verdicts/vote-explanation.ts';
import { Refusal } from '../border/errors.ts';
import { byOf, principalOf } from '../border/guard.ts';
import { requireTerminal, type VisibleTree } from '../org/visible-tree.ts';
import { ExplanationItem } from './explanation-shape.ts';

export type ExplanationDeps = { visibleTree: VisibleTree; explanations: VoteExplanations; audit: Audit };

export const explanationRoutes: FastifyPluginCallbackTypebox<ExplanationDeps> = (
  app,
  { visibleTree, explanations, audit },
  done,
) => {
  const requireAll = (request: FastifyRequest) => {
    if (principalOf(request).unitId !== null)
      throw new Refusal(
        403,
        'votes-withheld',
        'a vote with its moment tells of one person: ask the control centre (docs/privacy.md)',
      );
  };
  app.get(
    '/votes/verdict',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'The same of a vote of another system, by the key that the system has given it',
        description:
          'As `GET /api/v1/votes/{terminal}/{epoch}/{seq}/verdict`. `origin` and `key` are those of `GET /api/v1/votes`.',
        tags: ['votes'],
        querystring: Type.Object(
          {
            origin: Type.String({
              minLength: 1,
              maxLength: 200,
              description: 'The name of its `source` link',
            }),
            originUnit: Type.Optional(
              Type.String({ pattern: ORG_ID_PATTERN, description: 'The unit that its link is bound to' }),
            ),
            key: { ...SourceVote.properties.key, description: 'What the system calls the vote' },
          },
          { additionalProperties: false },
        ),
        response: { 200: ExplanationItem },
      },
    },
    async (request) => {
      requireAll(request);
      const { origin: name, originUnit: unitId = null, key } = request.query;
      const explanation = await explanations.explain({ origin: { name, unitId }, key });
      const target = { kind: 'vote', name, unitId, key } as const;
      await audit({ by: byOf(request), action: 'votes.explain', target });
      return explanation;
    },
  );
  app.get(
    '/votes/:terminal/:epoch/:seq/verdict',
    {
      // It is written down who has looked.
      exposeHeadRoute: false,
      schema: {
        summary:
          'What one vote counts for, and why: each rule, the votes it was held against, and who has decided what',
        description:
          'A vote is named by its terminal, its journal (`epoch`) and its number there, as in `GET /api/v1/votes`. `words` say in Chinese and English what the rest says to programs.',
        tags: ['votes'],
        params: Type.Object({
          terminal: Type.String({ pattern: TERMINAL_ID_PATTERN, description: 'The terminal' }),
          epoch: Type.String({ ...Epoch, description: 'The journal' }),
          seq: Type.Integer({ ...Seq, description: 'The number in the journal' }),
        }),
        response: { 200: ExplanationItem },
      },
    },
    async (request) => {
      const { epoch, seq } = request.params;
      requireAll(request);
      const terminalId = requireTerminal(visibleTree(request), request.params.terminal);
      const explanation = await explanations.explain({ terminalId, epoch, seq });
      const target = { kind: 'vote', terminalId, epoch, seq } as const;
      await audit({ by: byOf(request), action: 'votes.explain', target });
      return explanation;
    },
  );
  done();
};
