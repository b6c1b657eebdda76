/** The port to the rules that votes are judged by: versions that are added, and never changed. */
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';
import type { Changes } from './changes.ts';
import type { Unjudged } from './ledger.ts';

export type KeptRuleVersion = RuleVersion & { reason: string; madeAt: number; madeBy: string };

export interface RuleReads {
  /** In the order in which they were made. @throws StoreFailure */
  versions(): Promise<KeptRuleVersion[]>;
}

export interface RuleTx extends RuleReads {
  /** @throws OrgRefusal `rule-version-taken`: somebody else has added one of that number. */
  add(version: KeptRuleVersion): Promise<void>;
  /** Is any vote stored? */
  hasVotes(): Promise<boolean>;
  /** Votes that are to be judged again by the rules that hold now. */
  judgeAgain(spans: readonly Unjudged[]): Promise<void>;
}

export interface RuleStore extends RuleReads, Changes<RuleTx> {}
