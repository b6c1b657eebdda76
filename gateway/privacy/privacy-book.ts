/** The settings that hold, in memory: of every window, and what they mean for whoever is bound to a unit. */
import { type OrgTree, subtreeOf, unitsAbove } from '../domain/org.ts';
import { DEFAULT_PRIVACY, type PrivacySettings, privacyFor } from '../domain/privacy/settings.ts';
import type { TreeThen } from '../domain/tree-then.ts';
import type { KeptPrivacyNode, PrivacyReads } from '../store/privacy.ts';
import { pathOf } from '../verdicts/rule-nodes.ts';

export type PrivacyBook = {
  settingsOf(windowKey: number): PrivacySettings;
  /** Since when its votes have been shown in steps for certain, by the settings where it stands; null where they are not. `-Infinity`: ever. */
  steppedSince(windowKey: number): number | null;
  /**
   * Is what this caller sees held back? It is for everybody who is bound to a unit, unless it is off for all windows there, and for all that
   * stood there within the periods of live figures: their votes are in these still.
   */
  holdsBack(unitId: string | null): boolean;
  /** Of all windows below a unit, the slowest and the largest. */
  widestOf(unitId: string): PrivacySettings;
  /** @returns whether they are others. @throws StoreFailure */
  reload(): Promise<boolean>;
};

/** Where everything has stood, read again when the tree is another one. */
export type Stood = { treeThen: () => Promise<TreeThen>; now: () => number };

const HOUR_MS = 3_600_000;
/** Live figures go back as far as the beginning of a month, in any time zone. */
const LIVE_MS = 32 * 24 * HOUR_MS;

/** @throws StoreFailure */
export async function openPrivacyBook(
  store: PrivacyReads,
  tree: () => OrgTree,
  { treeThen, now }: Stood,
): Promise<PrivacyBook> {
  const readStood = async () => {
    const of = tree();
    const then = await treeThen();
    const at = now();
    return { of, then, at, moved: then.movedSince(at - LIVE_MS) };
  };
  let stood = await readStood();
  let nodes: ReadonlyMap<string, KeptPrivacyNode> = new Map();
  let readOf = tree();
  let ofWindows = new Map<number, PrivacySettings>();
  let known = '';
  const reload = async () => {
    if (stood.of !== tree()) stood = await readStood();
    const read = await store.nodes();
    nodes = new Map(read.map((node) => [node.nodeId, node]));
    const text = JSON.stringify(read.map(({ nodeId, settings }) => [nodeId, settings]));
    if (text === known) return false;
    known = text;
    ofWindows = new Map();
    return true;
  };
  await reload();

  const nodesAbove = (windowKey: number): string[] => {
    const serviceWindow = tree().windowByKey.get(windowKey);
    const above = serviceWindow ? unitsAbove(tree(), serviceWindow.unitId).map(({ id }) => id) : [];
    return pathOf(above, serviceWindow?.id ?? null);
  };
  const settingsOf = (windowKey: number): PrivacySettings => {
    if (readOf !== tree()) {
      readOf = tree();
      ofWindows = new Map();
    }
    let settings = ofWindows.get(windowKey);
    if (!settings) {
      settings = privacyFor(nodesAbove(windowKey), nodes);
      ofWindows.set(windowKey, settings);
    }
    return settings;
  };
  const below = (unitId: string) => subtreeOf(tree(), unitId).windows.map(({ key }) => settingsOf(key));
  /** Windows that stood below it lately. Until it is read where all stand now: those of the tree that it was read of, too. */
  const lately = (unitId: string): number[] => {
    const unitKey = tree().unitById.get(unitId)?.key;
    if (unitKey === undefined) return [];
    const at = now();
    if (at - stood.at > HOUR_MS) stood = { ...stood, at, moved: stood.then.movedSince(at - LIVE_MS) };
    const moved = [...stood.moved].filter(([, eras]) => eras.some(({ above }) => above.includes(unitKey)));
    const before = stood.of === tree() ? [] : subtreeOf(stood.of, unitId).windows;
    return [...moved.map(([windowKey]) => windowKey), ...before.map(({ key }) => key)];
  };

  return {
    settingsOf,
    // What was set at a node before is not kept there: it may have been off.
    steppedSince: (windowKey) =>
      settingsOf(windowKey).isOn
        ? Math.max(
            ...nodesAbove(windowKey).map((nodeId) => nodes.get(nodeId)?.madeAt ?? Number.NEGATIVE_INFINITY),
          )
        : null,
    // A unit without windows has nothing to tell, and may have some in a moment.
    holdsBack(unitId) {
      if (unitId === null) return false;
      const settings = below(unitId);
      return (
        settings.length === 0 ||
        settings.some(({ isOn }) => isOn) ||
        lately(unitId).some((windowKey) => settingsOf(windowKey).isOn)
      );
    },
    widestOf(unitId) {
      const on = below(unitId).filter(({ isOn }) => isOn);
      if (on.length === 0) return DEFAULT_PRIVACY;
      return {
        isOn: true,
        stepMinutes: Math.max(...on.map(({ stepMinutes }) => stepMinutes)),
        leastVotes: Math.max(...on.map(({ leastVotes }) => leastVotes)),
      };
    },
    reload,
  };
}
