/** Answers that are kept for the next are bounded by their bytes, and the last ones stay. */
import { expect, it } from 'vitest';
import { buildTree } from '../../../gateway/domain/org.ts';
import type { Answer } from '../../../gateway/live/answer-bytes.ts';
import { createKeptAnswers } from '../../../gateway/live/kept-answers.ts';

const tree = buildTree([], [], []);
const answer = (bytes: number): Answer => ({
  parts: { rows: [], heads: [], places: [], placesOfAll: [] },
  ...{ lead: '', bytes: Buffer.alloc(bytes), marks: new Int32Array() },
});

it('whichever was given longest ago goes first, and a larger one than all that is kept stays alone', () => {
  const kept = createKeptAnswers<string>(100);
  const names = () => ['today', 'month', '7d'].filter((name) => kept.of(tree, name) !== null);
  kept.keep(tree, 'today', { of: 'today', answer: answer(40) });
  kept.keep(tree, 'month', { of: 'month', answer: answer(40) });
  kept.keep(tree, 'today', { of: 'again', answer: answer(50) });
  expect(kept.of(tree, 'today')?.of).toBe('again');
  expect(names()).toEqual(['today', 'month']);
  kept.keep(tree, '7d', { of: '7d', answer: answer(40) });
  expect(names()).toEqual(['today', '7d']);
  kept.keep(tree, 'month', { of: 'month', answer: answer(500) });
  expect(names()).toEqual(['month']);
  // What was asked of another tree is another answer.
  expect(kept.of(buildTree([], [], []), 'month')).toBeNull();
});
