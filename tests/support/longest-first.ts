/** Which files of a group begin first: while a long one is left to the end, the other cores have nothing to do. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of each folder the longest first. A fresh clone has no times of its own to go by. */
export const LONG_FILES = [
  'tests/contract/broker.test.ts',
  'tests/unit/device/commands.test.ts',
  'tests/unit/device/uplink.test.ts',
  'tests/integration/web/https-renewal.test.ts',
  'tests/integration/starts/owner.test.ts',
  'tests/integration/storage/storage-check.test.ts',
  'tests/integration/starts/wiring.test.ts',
  'tests/integration/people/sign-in.test.ts',
  'tests/integration/terminals/hostile.test.ts',
  'tests/integration/starts/starts.test.ts',
  'tests/integration/postgres/postgres-gateway.test.ts',
  'tests/integration/terminals/certificates.test.ts',
  'tests/integration/terminals/resumption.test.ts',
  'tests/integration/cli/cli-reads.test.ts',
  'tests/integration/people/first-start.test.ts',
  'tests/integration/people/greedy-accounts.test.ts',
  'tests/integration/votes/review.test.ts',
  'tests/integration/cli/readme.test.ts',
  'tests/integration/demo/demo.test.ts',
  'tests/integration/cli/cli.test.ts',
  'tests/browser/wall-sizes.test.ts',
  'tests/browser/sessions.test.ts',
  'tests/browser/sign-in.test.ts',
  'tests/browser/old-browser.test.ts',
  'tests/browser/wall.test.ts',
  'tests/browser/between.test.ts',
  'tests/faults/clock-steps.test.ts',
  'tests/faults/journal-put-away.test.ts',
  'tests/faults/log-broken.test.ts',
  'tests/faults/clock-sources.test.ts',
  'tests/faults/storage-kill.test.ts',
  'tests/faults/storage-backup.test.ts',
  'tests/faults/storage-failure.test.ts',
  'tests/faults/journal-keeping.test.ts',
  'tests/faults/journal-power.test.ts',
  'tests/faults/network-peers.test.ts',
  'tests/faults/journal-damage.test.ts',
  'tests/faults/journal-disk-full.test.ts',
  'tests/faults/reconnect-storm.test.ts',
  'tests/faults/journal-clone.test.ts',
  'tests/faults/fuzz-http.test.ts',
];

export class LongestFirst extends BaseSequencer {
  /** As vitest would have them, by size or by the times of the last run, but for those that are known to take long. */
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG_FILES.indexOf(relative(this.ctx.config.root, moduleId));
      return at === -1 ? LONG_FILES.length : at;
    };
    // Groups are taken apart afterwards: within each, this order is kept.
    return (await super.sort(specifications)).sort((a, b) => rank(a) - rank(b));
  }
}
