/** How the board is, measured. What cannot be measured here is left out: an invented zero would look like a fact. */
import { readdirSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Health, MAX_SET_ASIDE_REPORTED } from '../../protocol/health.ts';
import type { Journal } from '../journal/journal.ts';
import type { DeviceClock } from './clock.ts';

/** What the journal's faults are filed under. */
export const JOURNAL_SOURCE = 'journal';

export type HealthSources = {
  journalPath: string;
  /** Of the inputs, whether they have a fault or not. */
  names: readonly string[];
  journal: Pick<Journal, 'first' | 'last' | 'acked' | 'usedBytes' | 'setAside'>;
  /** Ids of the files set aside that are being sent. */
  sending: ReadonlySet<string>;
  /** Files set aside that were deleted since the start. */
  dropped: number;
  clock: DeviceClock;
  /** Codes by source: the inputs, and the journal. */
  faults: Record<string, string[]>;
  configVersion: number;
  /** Since the start. */
  logLinesLost: number;
};

export async function describeHealth(sources: HealthSources): Promise<Health> {
  const { clock, faults, names, configVersion, logLinesLost } = sources;
  const board = await measureBoard(sources.journalPath);
  const apartMs = clock.apartMs();
  return {
    uptimeS: Math.floor(clock.monoMs() / 1000),
    clock: clock.anchor().clock,
    ...(apartMs !== null && { clockApartMs: apartMs }),
    journal: describeJournal(sources, faults[JOURNAL_SOURCE]?.[0]),
    inputs: names.slice(0, 8).map((name) => {
      const reason = faults[name]?.join(' ').slice(0, 200);
      return reason === undefined ? { name, state: 'ok' } : { name, state: 'fault', reason };
    }),
    ...board,
    config: configVersion,
    ...(logLinesLost > 0 && { logLinesLost }),
  };
}

/** From memory, but for the bytes in use: a report must get out while the card fails. */
function describeJournal(
  { journal, dropped, sending }: HealthSources,
  fault: string | undefined,
): Health['journal'] {
  const setAside = journal.setAside
    .slice(0, MAX_SET_ASIDE_REPORTED)
    .map(({ id, atMs, why, epoch, unsent, settled }) => ({
      id,
      at: atMs,
      reason: why,
      ...(epoch !== null && { epoch }),
      ...(unsent !== null && { unsent }),
      ...(sending.has(id) ? { state: 'sending' as const } : settled !== null && { state: settled.as }),
    }));
  const bytes = journal.usedBytes();
  return {
    depth: journal.last - journal.acked,
    kept: journal.last - journal.first + 1,
    ...(bytes !== null && { bytes }),
    ...(fault !== undefined && { fault }),
    ...(setAside.length > 0 && { setAside }),
    ...(dropped > 0 && { dropped }),
  };
}

type Measured = Pick<Health, 'disk' | 'memory' | 'temperatureC' | 'undervoltage'>;

async function measureBoard(journalPath: string): Promise<Measured> {
  const disk = await measureDisk(journalPath);
  const memory = measureMemory();
  const temperatureC = measureTemperature();
  const undervoltage = measureVoltage();
  return {
    ...(disk && { disk }),
    ...(memory && { memory }),
    ...(temperatureC !== undefined && { temperatureC }),
    ...(undervoltage && { undervoltage }),
  };
}

/** Of the disk that the journal is on; one in memory is on none. */
export async function measureDisk(journalPath: string): Promise<Measured['disk']> {
  if (journalPath === ':memory:') return undefined;
  try {
    const { bavail, blocks, bsize } = await statfs(dirname(journalPath));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}

function measureMemory(): Measured['memory'] {
  const text = read('/proc/meminfo');
  const bytes = (name: string) => Number(text?.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1]) * 1024;
  const memory = { freeBytes: bytes('MemAvailable'), totalBytes: bytes('MemTotal') };
  return Number.isInteger(memory.freeBytes) && Number.isInteger(memory.totalBytes) ? memory : undefined;
}

/** The hottest zone, degrees Celsius with one decimal. */
function measureTemperature(): number | undefined {
  const root = '/sys/class/thermal';
  const zones = list(root).filter((name) => name.startsWith('thermal_zone'));
  const degrees = zones
    .map((zone) => Number.parseInt(read(`${root}/${zone}/temp`) ?? '', 10) / 1000)
    .filter((value) => value > -60 && value < 200);
  return degrees.length > 0 ? Math.round(Math.max(...degrees) * 10) / 10 : undefined;
}

/** The Pi's firmware: bit 0 is under-voltage now, bit 16 since boot. Elsewhere there is no such file. */
function measureVoltage(): Measured['undervoltage'] {
  const bits = Number.parseInt(read('/sys/devices/platform/soc/soc:firmware/get_throttled') ?? '', 16);
  if (Number.isNaN(bits)) return undefined;
  return { now: (bits & 1) !== 0, sinceBoot: (bits & 0x10000) !== 0 };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
