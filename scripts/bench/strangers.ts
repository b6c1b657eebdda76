/**
 * Connections that mean no good: they connect, shake hands or not even that, and say nothing; what is cut comes back at once.
 * Argument: a file with a StrangersPlan. Says {open} once all are there.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { readPlan } from './plan.ts';

export type StrangersPlan = { port: number; count: number; kind: 'tcp' | 'tls' };

const AT_ONCE = 100;
const { port, count, kind } = readPlan<StrangersPlan>();
const secureContext = createSecureContext();
let open = 0;
let coming = 0;
let told = false;

function come(): void {
  while (coming < AT_ONCE && open + coming < count) {
    coming += 1;
    const place = { port, host: '127.0.0.1' };
    const socket: Socket =
      kind === 'tls' ? connectTls({ ...place, secureContext, rejectUnauthorized: false }) : connect(place);
    let isOpen = false;
    socket.once(kind === 'tls' ? 'secureConnect' : 'connect', () => {
      isOpen = true;
      coming -= 1;
      open += 1;
      if (open === count && !told) {
        told = true;
        console.log(JSON.stringify({ open }));
      }
      come();
    });
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => {
      if (isOpen) open -= 1;
      else coming -= 1;
      setImmediate(come);
    });
  }
}
// Those that are cut before they are in would else keep the others from ever being all there.
setInterval(() => console.log(JSON.stringify({ now: open })), 1_000);
come();
