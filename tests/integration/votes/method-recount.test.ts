/** The recount that docs/method.md shows: its votes are stored, and the command prints what stands there. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../../gateway/domain/verdicts/verdicts-of.ts';
import { codeOfVerdict, judgedOf } from '../../../gateway/verdicts/judged.ts';
import { RATINGS, type Rating } from '../../../protocol/vote.ts';
import { manyi } from '../../support/cli.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { rulesOf } from '../../support/live-verdicts.ts';
import { createStoreHome, type StoreHome, voteRecord } from '../../support/store.ts';
import { plant } from '../../support/tree.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGES = ['docs/method.md', 'docs/method.zh-CN.md'].map((file) =>
  readFileSync(join(ROOT, file), 'utf8'),
);

/** Time, rating and verdict of each. */
const votesIn = (page: string) =>
  [
    ...(page.split('<!-- checked: votes -->')[1] ?? '').matchAll(
      /^\| (\d{4}-\d\d-\d\d [\d:.]+) +\| `(\w+)` +\| `([\w-]+)`/gm,
    ),
  ].map(([, time = '', rating = '', verdict = '']) => ({ time, rating: rating as Rating, verdict }));
const shownIn = (page: string) =>
  /<!-- checked: output -->\s+```console\n\$ manyi ([^\n]+)\n([\s\S]+?)```/.exec(page)?.slice(1) ?? [];

/** How Node.js sets a table is another thing in each of its versions. */
const bare = (text: string) => text.replaceAll(/[ ─]+/g, ' ').trim();

describe('the recount of the method', () => {
  let home: StoreHome;
  beforeAll(async () => {
    home = createStoreHome();
    const store = home.open();
    await plant(store, {
      units: [{ id: 'hall', name: '政务服务中心' }],
      windows: [{ id: 'window-1', unitId: 'hall', name: '社保综合窗口' }],
      terminals: [{ id: 't-1', windowId: 'window-1' }],
    });
    const { key: journalKey } = await store.ledger.openJournal(1, 'ab'.repeat(16));
    const votes = votesIn(PAGES[0]!).map(({ time, rating }, index) => {
      const at = Date.parse(`${time.replace(' ', 'T')}+08:00`);
      const code = RATINGS.indexOf(rating) as 0 | 1 | 2;
      return voteRecord({ journalKey, seq: index + 1, at, mono: at % 86_400_000, rating: code });
    });
    const judged = verdictsOf(
      votes.map((vote) => judgedOf(vote, 1, false)),
      rulesOf(DEFAULT_RULES),
    );
    expect(judged.map(({ code }) => code)).toEqual(votesIn(PAGES[0]!).map(({ verdict }) => verdict));
    for (const [index, vote] of votes.entries()) vote.verdict = codeOfVerdict(judged[index]!.code);
    await store.ledger.commit(batchOf({ votes }));
    store.close();
  });
  afterAll(() => home.dispose());

  it('prints what both documents show', async () => {
    expect(votesIn(PAGES[0]!)).toHaveLength(7);
    expect(votesIn(PAGES[1]!)).toEqual(votesIn(PAGES[0]!));
    for (const page of PAGES) {
      const [command = '', output = ''] = shownIn(page);
      const { code, out, err } = await manyi(dirname(home.file), ...command.split(' '));
      expect([code, err]).toEqual([0, '']);
      expect(bare(output)).toBe(bare(out));
    }
  });
});
