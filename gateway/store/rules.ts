/** The port to the rules that votes are judged by: versions that are added, and never changed. */
import type { OrgVersion } from '../domain/org.ts';
import type { UnitZone } from '../domain/unit-zones.ts';
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';
import type { Changes } from './changes.ts';
import type { Unjudged } from './ledger.ts';

export type KeptRuleVersion = RuleVersion & { reason: string; madeAt: number; madeBy: string };

/** All that decides by which rules a vote is judged. */
export type RuleGround = {
  /** Of what gateways hold in memory, from before the rest was read: what is newer may be among it, and nothing older. */
  revision: number;
  versions: readonly KeptRuleVersion[];
  /** Where everything stood: see `OrgReads.versions`. */
  places: readonly (OrgVersion & { id: string })[];
  /** See `OrgReads.timeZones`. */
  timeZones: readonly UnitZone[];
};

export interface RuleReads {
  /** In the order in which they were made. @throws StoreFailure */
  versions(): Promise<KeptRuleVersion[]>;
  /** @throws StoreFailure */
  ground(): Promise<RuleGround>;
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
