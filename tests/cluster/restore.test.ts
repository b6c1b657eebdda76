/** Every node is lost with its disk: a base backup is put back as docs/operations.md says, and terminals send what it does not have. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinaries, serverUser } from '../../scripts/postgres/programs.ts';
import { votesSeen } from '../support/cluster/acked-on.ts';
import { type DatabaseSet, startDatabaseSet } from '../support/cluster/database-set.ts';
import { startScene } from '../support/cluster/scene.ts';
import { ownFolder } from '../support/cluster/server-process.ts';
import { SERVERS } from '../support/cluster/servers.ts';
import { have } from '../support/prerequisites.ts';

describe.runIf(have(...SERVERS))('a base backup', () => {
  let set: DatabaseSet;
  beforeAll(async () => {
    set = await startDatabaseSet();
  });
  afterAll(() => set?.dispose());

  /** As the servers' user. */
  const run = (command: string, args: string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      ...serverUser,
      ...{ cwd: '/', input, encoding: 'utf8' },
    });
    if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`);
  };

  it('is put back, and every vote that was thanked is there again', async () => {
    const scene = await startScene(set, { name: 'restore', gateways: 2 });
    const backup = join(ownFolder(set.folder, 'backups'), 'base');
    const standby = await set.having('asynchronous');
    run(join(findBinaries() ?? '', 'pg_basebackup'), [
      ...[`--dbname=${standby.address('', 'replicator')}`, `--pgdata=${backup}`],
      ...['--wal-method=stream', '--checkpoint=fast', '--no-password'],
    ]);
    await scene.presses.acksGoOn();
    await scene.presses.stop();
    await scene.presses.allAcked();
    await Promise.all(scene.gateways.map((gateway) => gateway.stop()));

    const [first, ...others] = set.nodes;
    if (!first) throw new Error('no node');
    const leader = await set.having('primary');
    await Promise.all(set.nodes.map((node) => node.kill()));
    for (const { dataDir } of set.nodes) rmSync(dataDir, { recursive: true });
    run('patronictl', ['-c', first.configFile, 'remove', 'manyi'], `manyi\nYes I am aware\n${leader.name}\n`);
    run('cp', ['--archive', backup, first.dataDir]);
    first.start();
    await set.having('primary');
    for (const node of others) node.start();
    await set.whole();
    const held = [...(await votesSeen(set, first)).values()].reduce((sum, votes) => sum + votes, 0);
    expect(held).toBeLessThan(scene.presses.thanked().size);

    const begunMs = performance.now();
    await Promise.all(scene.gateways.map((gateway) => gateway.start()));
    scene.presses.start();
    await scene.presses.acksGoOn(60_000);
    const tookMs = performance.now() - begunMs;
    await scene.end(
      `${held} votes were in the backup, an ack for all ${(tookMs / 1_000).toFixed(1)} s after gateways were started on the backup`,
    );
  });
});
