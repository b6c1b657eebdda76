/** The installed programs at work: the gateway as its service, a window, the terminal's agent as its service, and fingers. */
import assert from 'node:assert/strict';
import { until } from '../support/rig/until.mjs';

const RUNTIME = '/usr/lib/manyi-runtime/node';
/** There are no buttons in a container: keys come through a pipe that systemd holds, so that no press is lost between two agents. */
const KEYS = '/run/manyi-keys';
const KEY_UNITS = {
  '/etc/systemd/system/manyi-keys.socket': `[Socket]
ListenFIFO=${KEYS}
SocketMode=0600
Service=manyi-terminal.service
`,
  '/etc/systemd/system/manyi-terminal.service.d/keys.conf': `[Service]
Sockets=manyi-keys.socket
StandardInput=fd:manyi-keys.socket
StandardOutput=journal
`,
};
const RATINGS = /** @type {const} */ (['satisfied', 'basically', 'unsatisfied']);
const WAIT = { timeoutMs: 60_000 };

/** @typedef {import('./debian.mjs').Debian} Debian */
/** @typedef {Awaited<ReturnType<typeof openCounter>>} Counter */

export const isActive = async (/** @type {Debian} */ debian, /** @type {string} */ unit) =>
  (await debian.tried(`systemctl is-active ${unit}`)).said.trim() === 'active';

export const logOf = (/** @type {Debian} */ debian, /** @type {string} */ unit) =>
  debian.sh(`journalctl -u ${unit} -o cat --no-pager`);

/** As a browser that was given the authority's certificate. @returns {Promise<{ status: number, text: string }>} */
export async function fetchPage(/** @type {Debian} */ debian, /** @type {string} */ path) {
  const script = `fetch('https://127.0.0.1:8080${path}').then(async (r) =>
    console.log(JSON.stringify({ status: r.status, text: (await r.text()).slice(0, 500) })))`;
  const trust = 'manyi authority export > /tmp/authority.pem; export NODE_EXTRA_CA_CERTS=/tmp/authority.pem';
  return JSON.parse(await debian.sh(`${trust}; ${RUNTIME} -e "${script}"`));
}

/** It takes votes. */
export async function gatewayReady(/** @type {Debian} */ debian) {
  let said = '';
  const isReady = async () => {
    try {
      const { status, text } = await fetchPage(debian, '/readyz');
      said = text;
      return status === 200;
    } catch (error) {
      said = String(error);
      return false;
    }
  };
  await until('the gateway is ready', isReady, { ...WAIT, why: () => said });
}

/** A unit, a window, and a terminal that is enrolled with a code, all by what is installed. */
export async function openCounter(/** @type {Debian} */ debian) {
  // Fingers here are quicker than a window's citizens.
  const limits = ['MINUTE', 'HOUR', 'DAY'].map((span) => `MANYI_VOTES_PER_${span}=1000000000`).join('\n');
  await debian.sh(`cat >> /etc/manyi/gateway.env <<'END'\n${limits}\nEND\nsystemctl restart manyi-gateway`);
  await gatewayReady(debian);
  const unit = await debian.sh('manyi unit add --name 政务服务中心 --print id');
  const window = await debian.sh(`manyi window add --unit ${unit} --name 社会保险窗口 --print id`);
  const code = await debian.sh(`manyi terminal add --window ${window} --print code`);
  // As the package's own file, changed by a technician.
  await debian.sh(`sed -i -e 's,^#*MANYI_GATEWAY=.*,MANYI_GATEWAY=mqtts://127.0.0.1:8883,' \
    -e 's,^#*MANYI_ENROLMENT_CODE=.*,MANYI_ENROLMENT_CODE=${code},' \
    -e 's,^MANYI_INPUTS=.*,MANYI_INPUTS=keyboard,' -e 's,^MANYI_GPIO,#&,' /etc/manyi/terminal.env`);
  for (const [path, text] of Object.entries(KEY_UNITS))
    await debian.sh(`mkdir -p ${path.replace(/\/[^/]*$/, '')}; cat > ${path} <<'END'\n${text}END`);
  await debian.sh('systemctl daemon-reload; systemctl start manyi-keys.socket manyi-terminal.service');

  const pressed = { satisfied: 0, basically: 0, unsatisfied: 0 };
  const total = () => Object.values(pressed).reduce((sum, count) => sum + count, 0);
  const thanked = async () => (await logOf(debian, 'manyi-terminal')).split('"press thanked"').length - 1;
  const today = () => debian.sh('TZ=Asia/Shanghai date +%F');

  /** Pressed while nothing could be thanked: each is stored or not, as after a power cut. */
  let inVain = /** @type {(typeof RATINGS)[number] | null} */ (null);
  let unthanked = 0;
  const key = (/** @type {0 | 1 | 2} */ button) => debian.sh(`printf ${button + 1} > ${KEYS}`);

  return {
    total,
    thanked,
    async pushInVain(/** @type {0 | 1 | 2} */ button) {
      await key(button);
      inVain = RATINGS[button];
    },
    /** Presses and asks for nothing. */
    async push(/** @type {0 | 1 | 2} */ button) {
      await key(button);
      pressed[RATINGS[button]] += 1;
    },
    /** One after the other, each thanked before the next. */
    async press(/** @type {(0 | 1 | 2)[]} */ ...buttons) {
      for (const button of buttons) {
        await this.push(button);
        await until(
          `press ${total()} is thanked`,
          async () => (await thanked()) >= total() - unthanked,
          WAIT,
        );
      }
    },
    /** pressed == thanked == stored, each rating, by a recount from what is stored. */
    async settle() {
      let stored = '';
      const isStored = async () => {
        const where = `--window ${window} --period ${await today()}`;
        const { figures } = JSON.parse(await debian.sh(`manyi recount ${where} --json`));
        const found = RATINGS.map((rating) => {
          const is = (/** @type {{ figure: string }} */ { figure }) => figure === `pressed.${rating}`;
          return [rating, figures.find(is)?.recounted];
        });
        stored = JSON.stringify(Object.fromEntries(found));
        if (inVain !== null && stored === JSON.stringify({ ...pressed, [inVain]: pressed[inVain] + 1 })) {
          pressed[inVain] += 1;
          unthanked += 1;
        }
        return stored === JSON.stringify(pressed);
      };
      const why = () => `pressed ${JSON.stringify(pressed)}, stored ${stored}`;
      await until('the gateway has them all', isStored, { ...WAIT, why });
      inVain = null;
      assert.equal(await thanked(), total() - unthanked);
      return `${total()} pressed, thanked and stored`;
    },
  };
}
