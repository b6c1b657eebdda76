/**
 * Makes the district in a data folder, as the CLI would but in one process, and keeps the terminals' enrolment codes, which are
 * told only once, in `demo.json` beside it. What is there already stays.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_CODE_HOURS } from '../../../gateway/fleet/provisioning.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { DISTRICT, UNITS, WINDOWS } from '../citizens/district.ts';
import { DemoError } from '../demo-error.ts';
import type { Home } from './home.ts';

/** `slot` is the id it was meant to have; `id` another one where that was taken already. */
export type TerminalAccount = { slot: string; id: string; code: string; windowId: string };

export type DistrictOptions = {
  dataDir: string;
  home: Home;
  terminals: number;
  onProgress: (done: number, all: number) => void;
};

/** Longer than anybody leaves a demo alone between its first and its second start. */
const CODE_HOURS = MAX_CODE_HOURS;
const BY: By = { actor: { kind: 'cli', user: 'demo' }, origin: 'local' };

/** @returns `terminals` accounts, spread over the windows in order, again from the first when there are more. */
export async function prepareDistrict(options: DistrictOptions): Promise<TerminalAccount[]> {
  const { dataDir, home, terminals, onProgress } = options;
  const { org, provisioning } = home;
  mkdirSync(dataDir, { recursive: true });
  const isOurs = existsSync(accountsPath(dataDir));
  const known = isOurs ? readAccounts(dataDir) : [];
  const idsOf = (rows: readonly { id: string }[]) => new Set(rows.map(({ id }) => id));
  const units = idsOf(await org.units());
  const windows = idsOf(await org.windows());
  const taken = idsOf(await org.terminals());
  if (!isOurs && units.size > 0) {
    throw new DemoError(
      'data-dir-foreign',
      `${dataDir} holds units that the demo has not made. Choose another folder with --data-dir.`,
    );
  }
  writeAccounts(dataDir, known);

  const usable = known.filter(({ id, code }) => taken.has(id) && code !== undefined);
  const accountOf = (slot: string) => usable.find((account) => account.slot === slot);
  const wanted = Array.from({ length: terminals }, (_, at) => {
    const windowId = WINDOWS[at % WINDOWS.length]!.id;
    return { windowId, slot: `${windowId}-t${Math.floor(at / WINDOWS.length) + 1}` };
  });
  // A terminal whose code is gone cannot be used any more: its window gets another.
  const freeId = (id: string): string => (taken.has(id) ? freeId(`${id}x`) : id);
  const addUnit = (id: string, name: string, parentId: string | null) =>
    org.change(async (tx) => {
      await tx.addUnit({ id, parentId, name });
      const detail = { name, parentId };
      return tx.audited({ by: BY, action: 'unit.add', target: { kind: 'unit', id }, detail }, undefined);
    });
  const addWindow = (id: string, name: string, unitId: string) =>
    org.change(async (tx) => {
      await tx.addWindow({ id, unitId, name });
      const detail = { name, unitId };
      return tx.audited({ by: BY, action: 'window.add', target: { kind: 'window', id }, detail }, undefined);
    });
  const addTerminal = async (slot: string, windowId: string) => {
    const id = freeId(slot);
    const { code } = await provisioning.add(BY, { id, windowId }, CODE_HOURS);
    usable.push({ slot, id, code, windowId });
    writeAccounts(dataDir, usable);
  };
  const steps: (() => Promise<void>)[] = [
    ...(units.has(DISTRICT.id) ? [] : [() => addUnit(DISTRICT.id, DISTRICT.name, null)]),
    ...UNITS.filter(({ id }) => !units.has(id)).map(
      ({ id, name }) =>
        () =>
          addUnit(id, name, DISTRICT.id),
    ),
    ...WINDOWS.filter(({ id }) => !windows.has(id)).map(
      ({ id, name, unit }) =>
        () =>
          addWindow(id, name, unit.id),
    ),
    ...wanted
      .filter(({ slot }) => accountOf(slot) === undefined)
      .map(
        ({ slot, windowId }) =>
          () =>
            addTerminal(slot, windowId),
      ),
  ];
  for (const [at, act] of steps.entries()) {
    await act();
    onProgress(at + 1, steps.length);
  }
  return wanted.map(({ slot }) => accountOf(slot)!);
}

/** Where a terminal keeps its key and certificate. */
export const identityFolder = (dataDir: string, id: string) => join(dataDir, 'identities', id);

const accountsPath = (dataDir: string) => join(dataDir, 'demo.json');

/** What `demo.json` keeps: what is told only once. */
export type DemoFile = {
  terminals: TerminalAccount[];
  adminPassword?: string;
  wallLink?: { id: string; token: string };
  metricsLink?: { id: string; token: string };
};

export function readDemoFile(dataDir: string): DemoFile {
  try {
    return JSON.parse(readFileSync(accountsPath(dataDir), 'utf8')) as DemoFile;
  } catch {
    throw new DemoError(
      'data-dir-damaged',
      `${accountsPath(dataDir)} cannot be read. Remove ${dataDir}, or choose another folder with --data-dir.`,
    );
  }
}

export function writeDemoFile(dataDir: string, file: DemoFile): void {
  const path = accountsPath(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const readAccounts = (dataDir: string) => readDemoFile(dataDir).terminals;

function writeAccounts(dataDir: string, terminals: TerminalAccount[]): void {
  const kept = existsSync(accountsPath(dataDir)) ? readDemoFile(dataDir) : {};
  writeDemoFile(dataDir, { ...kept, terminals });
}
