/** Real PostgreSQL servers, where the machine has it. */
import { findBinaries } from '../../scripts/postgres/programs.ts';
import type { Requirement } from './prerequisites.ts';

export { type Cluster, type ClusterOptions, startCluster } from '../../scripts/postgres/cluster.ts';
export { run, runBeside } from '../../scripts/postgres/programs.ts';
export type { Server } from '../../scripts/postgres/server.ts';

export const POSTGRES: Requirement = {
  name: 'PostgreSQL',
  howToGetIt: 'apt-get install postgresql, or put its programs on the path',
  isThere: () => findBinaries() !== null,
};
