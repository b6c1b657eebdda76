/** Commands that are read from the store twice at once, as each change and each answer has it done. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCommandDispatch } from '../../../gateway/fleet/command-dispatch.ts';
import type { By } from '../../../gateway/store/changes.ts';
import type { CommandStore } from '../../../gateway/store/commands.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { createStoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';
import { until } from '../../support/wait.ts';

const AT = 1_795_000_000_000;
const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };

describe('commands on their way', () => {
  const home = createStoreHome();
  let store: SqliteStore;
  beforeEach(async () => {
    store = home.open();
    await addSmallTown(store);
  });
  afterEach(async () => {
    await store.close();
    home.dispose();
  });

  it('are not brought again by a reading of before the answer that ends after it', async () => {
    const key = (await store.commands.terminalKey('t-1')) as number;
    await store.commands.change(async (tx) => {
      const said = { op: 'journal-send', args: { journal: 'j-1' }, reason: '坏卡', madeAt: AT };
      await tx.addCommand({
        id: 'c-1',
        terminalKey: key,
        ...said,
        madeBy: 'cli:test',
        expiresAt: AT + 1_000,
      });
      return tx.audited({ by: BY, action: 'journal.send', target: { kind: 'data' } }, undefined);
    });
    let goOn = () => {};
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let readings = 0;
    const commands: CommandStore = {
      ...store.commands,
      async putAway() {
        // The first is that of the start.
        readings += 1;
        if (readings === 2) await slow;
        return store.commands.putAway();
      },
    };
    const terminal = { id: 't-1', key };
    const published: string[] = [];
    const dispatch = await createCommandDispatch({
      ...{ store: commands, terminals: () => [terminal], isHere: () => true },
      publish: (_to, { id }) => void published.push(id),
      look: async () => false,
      writtenOff: async () => {},
      ...{ now: () => AT, monotonic: () => 0 },
    });
    const earlier = dispatch.follow();
    await until('it to be under way', () => readings === 2);
    const answered = dispatch.answered(terminal, { id: 'c-1', ok: true });
    await until('the answer to be kept', async () => (await store.commands.openCommands()).length === 0);
    // Whatever does not wait for the earlier one has ended by then.
    await new Promise((resolve) => setImmediate(resolve));
    goOn();
    await Promise.all([earlier, answered]);
    published.length = 0;
    await dispatch.greeted(terminal);
    expect(published).toEqual([]);
    expect(dispatch.hasExpired()).toBe(false);
  });
});
