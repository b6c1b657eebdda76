/** What figures are made by where a test says nothing else. */
import { DEFAULT_WEIGHTS } from '../../gateway/domain/score.ts';
import type { FigureRules } from '../../protocol/score.ts';

export const FIGURES: FigureRules = {
  method: 'manyi/figures/1',
  weights: DEFAULT_WEIGHTS,
  minimum: 30,
  target: 0.85,
  confidence: 0.95,
  rules: 'none',
};
export const figures = () => FIGURES;
