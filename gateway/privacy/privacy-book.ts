/** The settings that hold, in memory: of every window, and what they mean for whoever is bound to a unit. */
import { type OrgTree, subtreeOf, unitsAbove } from '../domain/org.ts';
import {
  DEFAULT_PRIVACY,
  type PrivacyNode,
  type PrivacySettings,
  privacyFor,
} from '../domain/privacy/settings.ts';
import type { PrivacyReads } from '../store/privacy.ts';
import { pathOf } from '../verdicts/rule-nodes.ts';

export type PrivacyBook = {
  settingsOf(windowKey: number): PrivacySettings;
  /** Is what this caller sees held back? It is for everybody who is bound to a unit, unless it is off for all windows there. */
  holdsBack(unitId: string | null): boolean;
  /** Of all windows below a unit, the slowest and the largest. */
  widestOf(unitId: string): PrivacySettings;
  /** @returns whether they are others. @throws StoreFailure */
  reload(): Promise<boolean>;
};

/** @throws StoreFailure */
export async function openPrivacyBook(store: PrivacyReads, tree: () => OrgTree): Promise<PrivacyBook> {
  let nodes: ReadonlyMap<string, PrivacyNode> = new Map();
  let readOf = tree();
  let ofWindows = new Map<number, PrivacySettings>();
  let known = '';
  const reload = async () => {
    const read = await store.nodes();
    const text = JSON.stringify(read.map(({ nodeId, settings }) => [nodeId, settings]));
    if (text === known) return false;
    known = text;
    nodes = new Map(read.map((node) => [node.nodeId, node]));
    ofWindows = new Map();
    return true;
  };
  await reload();

  const settingsOf = (windowKey: number): PrivacySettings => {
    if (readOf !== tree()) {
      readOf = tree();
      ofWindows = new Map();
    }
    let settings = ofWindows.get(windowKey);
    if (!settings) {
      const serviceWindow = readOf.windowByKey.get(windowKey);
      const above = serviceWindow ? unitsAbove(readOf, serviceWindow.unitId).map(({ id }) => id) : [];
      settings = privacyFor(pathOf(above, serviceWindow?.id ?? null), nodes);
      ofWindows.set(windowKey, settings);
    }
    return settings;
  };
  const below = (unitId: string) => subtreeOf(tree(), unitId).windows.map(({ key }) => settingsOf(key));

  return {
    settingsOf,
    // A unit without windows has nothing to tell, and may have some in a moment.
    holdsBack(unitId) {
      if (unitId === null) return false;
      const settings = below(unitId);
      return settings.length === 0 || settings.some(({ isOn }) => isOn);
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
