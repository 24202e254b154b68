import { TimeRangePreset } from '@dovecote/contract/common/v1/time_pb';
import { DashboardTileViewMode } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { Visualization } from '@dovecote/contract/dashboards/v1/dashboards_pb';
import { Granularity as WireGranularity } from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { Granularity } from '../insight/index.js';
import type { View } from './board.js';
import type { Preset } from './window.rules.js';

export const presetNumbers: Readonly<Record<Preset, TimeRangePreset>> = {
  last_1_hour: TimeRangePreset.LAST_1_HOUR,
  last_6_hours: TimeRangePreset.LAST_6_HOURS,
  last_24_hours: TimeRangePreset.LAST_24_HOURS,
  last_7_days: TimeRangePreset.LAST_7_DAYS,
  last_14_days: TimeRangePreset.LAST_14_DAYS,
  last_30_days: TimeRangePreset.LAST_30_DAYS,
  last_90_days: TimeRangePreset.LAST_90_DAYS,
  last_180_days: TimeRangePreset.LAST_180_DAYS,
  last_365_days: TimeRangePreset.LAST_365_DAYS,
};
const presets = inverse(presetNumbers);

export const granularityNumbers: Readonly<Record<Granularity, WireGranularity>> = {
  minute: WireGranularity.MINUTE,
  hour: WireGranularity.HOUR,
  day: WireGranularity.DAY,
  week: WireGranularity.WEEK,
  month: WireGranularity.MONTH,
};
const granularities = inverse(granularityNumbers);

/** How the shipped contract shows each view. It has none for a funnel, which its clients draw by the question. */
export const viewModeNumbers: Readonly<Record<View, DashboardTileViewMode>> = {
  none: DashboardTileViewMode.UNSPECIFIED,
  line: DashboardTileViewMode.LINE,
  area: DashboardTileViewMode.AREA,
  bar: DashboardTileViewMode.BAR_GROUPED,
  bar_stacked: DashboardTileViewMode.BAR_STACKED,
  table: DashboardTileViewMode.TABLE,
  kpi: DashboardTileViewMode.KPI,
  sankey: DashboardTileViewMode.SANKEY,
  pie: DashboardTileViewMode.PIE,
  map: DashboardTileViewMode.MAP,
  funnel: DashboardTileViewMode.LINE,
};
const viewsOfModes = inverse({ ...viewModeNumbers, funnel: undefined });

/** How the documented contract shows each view; it has neither flows nor maps. */
export const visualizationNumbers: Readonly<Record<View, Visualization>> = {
  none: Visualization.UNSPECIFIED,
  line: Visualization.LINE,
  area: Visualization.AREA,
  bar: Visualization.BAR,
  bar_stacked: Visualization.BAR_STACKED,
  table: Visualization.TABLE,
  kpi: Visualization.KPI,
  sankey: Visualization.TABLE,
  pie: Visualization.PIE,
  map: Visualization.TABLE,
  funnel: Visualization.FUNNEL,
};
const viewsOfVisualizations = inverse({ ...visualizationNumbers, sankey: undefined, map: undefined });

/** Undefined: none chosen. */
export function presetOf(number: TimeRangePreset): Preset | undefined {
  return presets.get(number);
}

/** Undefined: none chosen. */
export function granularityOf(number: WireGranularity): Granularity | undefined {
  return granularities.get(number);
}

/** The view of a question: lines unless another one is chosen. */
export function viewOfMode(number: DashboardTileViewMode): View {
  const view = viewsOfModes.get(number);
  return view === undefined || view === 'none' ? 'line' : view;
}

/** The view of a question: lines unless another one is chosen. */
export function viewOfVisualization(number: Visualization): View {
  const view = viewsOfVisualizations.get(number);
  return view === undefined || view === 'none' ? 'line' : view;
}

function inverse<Key extends string>(
  numbers: Readonly<Record<Key, number | undefined>>,
): ReadonlyMap<number, Key> {
  const entries = Object.entries(numbers) as [Key, number | undefined][]; // its own keys
  return new Map(entries.flatMap(([key, number]) => (number === undefined ? [] : [[number, key]])));
}
