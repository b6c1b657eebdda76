/** Rules of windows through time: at any moment those of the path that a window stood under then. */
import { createTreeThen } from '../domain/tree-then.ts';
import {
  createWindowRules,
  type RulesPlace,
  rulesThroughEras,
  type WindowRules,
} from '../domain/verdicts/window-rules.ts';
import type { RuleGround } from '../store/rules.ts';
import { pathOf } from './rule-nodes.ts';

export type GroundRules = {
  of(windowKey: number): WindowRules;
  /** From the top down: see `rule-nodes.ts`. */
  pathAt(windowKey: number, atMs: number): string[];
  /** Windows whose rules were asked for. */
  asked(): number[];
};

export function createGroundRules(
  { versions, places }: Pick<RuleGround, 'versions' | 'places'>,
  place: RulesPlace,
): GroundRules {
  const tree = createTreeThen(places);
  const ids = { unit: new Map<number, string>(), window: new Map<number, string>() };
  for (const { kind, key, id } of places) ids[kind].set(key, id);
  const ruled = new Set(versions.map(({ nodeId }) => nodeId));
  /** By what tells paths apart whose rules are the same: nearly all windows share one. */
  const ofPaths = new Map<string, WindowRules>();
  const ofWindows = new Map<number, WindowRules>();

  const pathsTo = (windowKey: number) =>
    tree.eras({ kind: 'window', key: windowKey }).map(({ from, above }) => ({
      from,
      path: pathOf(
        above.map((key) => ids.unit.get(key) ?? ''),
        ids.window.get(windowKey) ?? null,
      ),
    }));
  const make = (windowKey: number): WindowRules => {
    const eras = pathsTo(windowKey).map(({ from, path }) => ({
      ...{ from, path: path.filter((node) => ruled.has(node)) },
    }));
    const name = eras.map(({ from, path }) => `${from} ${path.join(' ')}`).join('\n');
    const known =
      ofPaths.get(name) ??
      rulesThroughEras(
        eras.map(({ from, path }) => ({ from, rules: createWindowRules(path, versions, place) })),
      );
    ofPaths.set(name, known);
    return known;
  };
  return {
    of(windowKey) {
      let known = ofWindows.get(windowKey);
      if (!known) {
        known = make(windowKey);
        ofWindows.set(windowKey, known);
      }
      return known;
    },
    pathAt: (windowKey, atMs) => pathsTo(windowKey).findLast(({ from }) => from <= atMs)?.path ?? [],
    asked: () => [...ofWindows.keys()],
  };
}
