/**
 * Makes the district in a data folder through the gateway's own CLI, and keeps the terminals' passwords, which are told
 * only once, in `demo.json` beside it. What is there already stays.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoError } from './demo-error.ts';
import { DISTRICT, UNITS, WINDOWS } from './district.ts';

/** `slot` is the id it was meant to have; `id` another one where that was taken already. */
export type TerminalAccount = { slot: string; id: string; password: string; windowId: string };

/** Runs the CLI with these arguments; returns its JSON answer. */
export type Cli = (...args: string[]) => Promise<unknown>;

/** CLI processes at a time: starting one is mostly waiting for a processor. */
const AT_ONCE = 3;

export type DistrictOptions = {
  dataDir: string;
  cli: Cli;
  terminals: number;
  onProgress: (done: number, all: number) => void;
};

/** @returns `terminals` accounts, spread over the windows in order, again from the first when there are more. */
export async function prepareDistrict(options: DistrictOptions): Promise<TerminalAccount[]> {
  const { dataDir, cli, terminals, onProgress } = options;
  mkdirSync(dataDir, { recursive: true });
  const isOurs = existsSync(accountsPath(dataDir));
  const known = isOurs ? readAccounts(dataDir) : [];
  const idsOf = async (kind: string) =>
    new Set(((await cli(kind, 'list')) as { id: string }[]).map(({ id }) => id));
  const [units, windows, taken] = [await idsOf('unit'), await idsOf('window'), await idsOf('terminal')];
  if (!isOurs && units.size > 0) {
    throw new DemoError(
      'data-dir-foreign',
      `${dataDir} holds units that the demo has not made. Choose another folder with --data-dir.`,
    );
  }
  writeAccounts(dataDir, known);

  const usable = known.filter(({ id }) => taken.has(id));
  const accountOf = (slot: string) => usable.find((account) => account.slot === slot);
  const wanted = Array.from({ length: terminals }, (_, at) => {
    const windowId = WINDOWS[at % WINDOWS.length]!.id;
    return { windowId, slot: `${windowId}-t${Math.floor(at / WINDOWS.length) + 1}` };
  });
  // A terminal whose password is gone cannot be used any more: its window gets another.
  const freeId = (id: string): string => (taken.has(id) ? freeId(`${id}x`) : id);
  const steps: (() => Promise<unknown>)[][] = [
    units.has(DISTRICT.id) ? [] : [() => cli('unit', 'add', '--id', DISTRICT.id, '--name', DISTRICT.name)],
    UNITS.filter(({ id }) => !units.has(id)).map(
      ({ id, name }) =>
        () =>
          cli('unit', 'add', '--id', id, '--name', name, '--parent', DISTRICT.id),
    ),
    WINDOWS.filter(({ id }) => !windows.has(id)).map(
      ({ id, name, unit }) =>
        () =>
          cli('window', 'add', '--id', id, '--name', name, '--unit', unit.id),
    ),
    wanted
      .filter(({ slot }) => accountOf(slot) === undefined)
      .map(({ slot, windowId }) => async () => {
        const answer = await cli('terminal', 'add', '--id', freeId(slot), '--window', windowId);
        const { id, password } = answer as { id: string; password: string };
        usable.push({ slot, id, password, windowId });
        writeAccounts(dataDir, usable);
      }),
  ];

  const all = steps.flat().length;
  let done = 0;
  for (const step of steps) {
    await inParallel(step, async (act) => {
      await act();
      onProgress(++done, all);
    });
  }
  return wanted.map(({ slot }) => accountOf(slot)!);
}

async function inParallel<T>(items: T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const accountsPath = (dataDir: string) => join(dataDir, 'demo.json');

/** What `demo.json` keeps: what is told only once. */
export type DemoFile = {
  terminals: TerminalAccount[];
  adminPassword?: string;
  wallLink?: { id: string; token: string };
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
