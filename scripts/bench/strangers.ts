/**
 * Connections that mean no good: they connect (`tcp`), begin a handshake (`hello`) or end one (`tls`), and then say nothing; what is
 * cut comes back at once.
 * Argument: a file with a StrangersPlan. Says {open} once all are there.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { readPlan } from './plan.ts';

export type StrangersPlan = { port: number; count: number; kind: 'tcp' | 'hello' | 'tls' };

const AT_ONCE = 100;
/** Another host than the terminal that signs in meanwhile; all of 127/8 is this machine only on Linux. */
const STRANGERS_HOST = process.platform === 'linux' ? { localAddress: '127.0.0.2' } : {};
const { port, count, kind } = readPlan<StrangersPlan>();
const secureContext = createSecureContext();
const hello = kind === 'hello' ? await recordHello() : null;
let open = 0;
let coming = 0;
let told = false;

/** What a client says first, to a server that does not answer. */
async function recordHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const arrived = once(server, 'connection') as Promise<[Socket]>;
  const client = connectTls({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    secureContext,
  });
  client.on('error', () => {});
  const [socket] = await arrived;
  const [data] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return data;
}

function come(): void {
  while (coming < AT_ONCE && open + coming < count) {
    coming += 1;
    const place = { port, host: '127.0.0.1', ...STRANGERS_HOST };
    const socket: Socket =
      kind === 'tls' ? connectTls({ ...place, secureContext, rejectUnauthorized: false }) : connect(place);
    let isOpen = false;
    socket.once(kind === 'tls' ? 'secureConnect' : 'connect', () => {
      isOpen = true;
      if (hello) socket.write(hello);
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
