/** A log that cannot be written costs lines of the log: no vote, no thank-you, no answer, and it says afterwards how many. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrokenOutput, closedPipe, devFull, fullDisk, unreadPipe } from '../support/broken-output.ts';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { have } from '../support/prerequisites.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { MOUNTS } from '../support/small-disk.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { scaled } from './seed.ts';

const FAULTS = [
  ['a file on a full disk', fullDisk],
  ['/dev/full', devFull],
  ['a pipe whose reader is gone', closedPipe],
  ['a pipe that nobody reads', unreadPipe],
] as const;

/** As many as the report of the fault had. */
const PRESSES = keys('123'.repeat(14)).slice(0, 41);
const ROUNDS = scaled(1, 5);

let output: BrokenOutput;
let rig: JournalRig | null = null;
afterEach(async () => {
  await rig?.dispose();
  rig = null;
  output.dispose();
});

/** Lines lost, as the log itself says; 0 when it does not say. */
const linesLost = (log: string) =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"log-lines-lost"'))
    .reduce((sum, line) => sum + (JSON.parse(line) as { lines: number }).lines, 0);

const press = async (terminal: TerminalProcess) => {
  for (let round = 0; round < ROUNDS; round++) await terminal.pressMany(PRESSES);
};

describe.runIf(have(MOUNTS)).each(FAULTS)("a terminal's log on %s", (name, create) => {
  beforeEach(async () => {
    output = create();
    rig = await startJournalRig();
  });

  it('stops no vote and no thank-you, and says afterwards what it lost', async () => {
    const terminal = await rig!.terminal({ logTo: output.fd });
    await terminal.start();
    await terminal.pressMany(keys('1'));
    output.break();
    await press(terminal);
    expect(terminal.isRunning()).toBe(true);
    expect(terminal.refused()).toBe(0);
    await expectStoredEqualsThanked(rig!.gateway, [terminal]);
    output.heal();
    if (name !== '/dev/full' && name !== 'a pipe that nobody reads')
      await until('the log to say what it lost', () => linesLost(output.text()) > 0);
    await terminal.pressMany(keys('2'));
    await expectStoredEqualsThanked(rig!.gateway, [terminal]);
    expect(await terminal.end()).toBe(0);
    for (const line of output.text().split('\n'))
      if (line.includes('"press thanked"') && line.startsWith('{')) JSON.parse(line);
  });

  it('nor does its screen', async () => {
    const terminal = await rig!.terminal({ screenTo: output.fd });
    await terminal.start();
    output.break();
    await press(terminal);
    expect(terminal.refused()).toBe(0);
    await expectStoredEqualsThanked(rig!.gateway, [terminal]);
    output.heal();
    const before = output.text().length;
    await terminal.pressMany(keys('2'));
    if (name !== '/dev/full') await until('thanks on the screen', () => output.text().length > before);
    expect(await terminal.end()).toBe(0);
  });
});

describe.runIf(have(MOUNTS)).each(FAULTS)("the gateway's log on %s", (name, create) => {
  beforeEach(async () => {
    output = create();
    rig = await startJournalRig({ logTo: () => output.fd, env: { MANYI_LOG_LEVEL: 'debug' } });
  });

  it('stops no vote and no answer, and says afterwards what it lost', async () => {
    const { gateway } = rig!;
    await gateway.stop();
    await gateway.start();
    const terminal = await rig!.terminal();
    await terminal.start();
    await terminal.pressMany(keys('1'));
    output.break();
    await press(terminal);
    await expectStoredEqualsThanked(gateway, [terminal]);
    await expectScoresEqualRecount(gateway);
    const countLost = () => rig!.metric('manyi_log_lines_lost_total');
    if (name !== 'a pipe that nobody reads')
      await until('a line to be lost', async () => {
        await Promise.all(Array.from({ length: 20 }, () => connectAsNobody(gateway.mqttPort)));
        return (await countLost()) > 0;
      });
    const lost = await countLost();
    output.heal();
    if (name !== '/dev/full' && name !== 'a pipe that nobody reads')
      await until('the log to say what it lost', () => linesLost(output.text()) >= lost);
    await terminal.press('2');
    await expectStoredEqualsThanked(gateway, [terminal]);
    expect(await gateway.stop()).toBe(0);
  });
});

/** A handshake that fails: a line of the log at its lowest level. */
async function connectAsNobody(port: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('GET / HTTP/1.0\r\n\r\n'));
    socket
      .resume()
      .on('close', () => resolve())
      .on('error', () => resolve());
  });
}
