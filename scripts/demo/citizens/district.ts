/** The district of the demo. All of it is invented. */

export type DemoWindow = {
  id: string;
  name: string;
  /** How many of a hundred citizens are satisfied and basically satisfied; the rest is not. */
  satisfied: number;
  basically: number;
  /** Visitors beside those of other windows. */
  visitors: number;
};

export type DemoUnit = {
  id: string;
  name: string;
  /** Minutes by which the unit's day begins before (negative) or after the others'. */
  shiftMinutes: number;
  windows: DemoWindow[];
};

export const DISTRICT = { id: 'yunling', name: '云岭区' };

type Row = [name: string, satisfied: number, basically: number, visitors: number];

function unit(id: string, name: string, shiftMinutes: number, rows: Row[]): DemoUnit {
  const windows = rows.map(([windowName, satisfied, basically, visitors], at) => ({
    id: `${id}-${at + 1}`,
    name: windowName,
    satisfied,
    basically,
    visitors,
  }));
  return { id, name, shiftMinutes, windows };
}

export const UNITS: readonly DemoUnit[] = [
  unit('hall', '云岭区政务服务中心', 0, [
    ['综合受理一号窗口', 88, 8, 10],
    ['综合受理二号窗口', 85, 10, 9],
    ['企业开办窗口', 91, 7, 6],
    ['不动产登记窗口', 68, 13, 8],
    ['税务综合窗口', 79, 13, 7],
  ]),
  unit('renshe', '云岭区人力资源和社会保障服务大厅', 0, [
    ['社会保险综合窗口', 84, 11, 9],
    ['就业登记窗口', 90, 7, 5],
    ['社会保障卡窗口', 87, 9, 7],
    ['劳动权益保障窗口', 70, 17, 3],
  ]),
  unit('yibao', '云岭区医疗保障服务大厅', 15, [
    ['参保登记窗口', 86, 9, 6],
    ['异地就医备案窗口', 82, 12, 5],
    ['医疗费用报销窗口', 74, 14, 6],
  ]),
  unit('qingshi', '青石镇便民服务中心', -30, [
    ['民政救助窗口', 92, 6, 3],
    ['社会保障窗口', 89, 8, 4],
    ['农业农村服务窗口', 94, 4, 3],
  ]),
  unit('wangxi', '望溪镇便民服务中心', -30, [
    ['综合服务窗口', 87, 9, 5],
    ['社会保障窗口', 83, 11, 4],
    ['卫生健康窗口', 90, 7, 3],
  ]),
  unit('songping', '松坪街道社区服务中心', 0, [
    ['一窗通办窗口', 93, 5, 5],
    ['退役军人服务窗口', 95, 4, 2],
  ]),
  unit('hewan', '河湾街道社区服务中心', 20, [
    ['一窗通办窗口', 81, 13, 5],
    ['居住证办理窗口', 63, 18, 4],
  ]),
  unit('bailu', '白鹭乡便民服务站', -45, [
    ['综合服务窗口', 96, 3, 2],
    ['惠农补贴窗口', 91, 6, 2],
  ]),
];

export const WINDOWS: readonly (DemoWindow & { unit: DemoUnit })[] = UNITS.flatMap((each) =>
  each.windows.map((serviceWindow) => ({ ...serviceWindow, unit: each })),
);
