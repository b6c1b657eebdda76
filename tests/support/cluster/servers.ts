/** What the full set needs of the machine. */
import { POSTGRES } from '../postgres.ts';
import { HAPROXY } from '../proxies.ts';
import { ETCD } from './etcd.ts';
import { PATRONI } from './patroni.ts';

export const SERVERS = [POSTGRES, ETCD, PATRONI, HAPROXY];
