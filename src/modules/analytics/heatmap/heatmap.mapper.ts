import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  HeatmapMode,
  type QueryHeatmapDataRequest,
  type QueryHeatmapDataResponseSchema,
  type ScreenScreenshotSchema,
  type TouchEvent,
} from '@dovecote/contract/pidgr/v1/heatmap_pb';
import type { HeatRequest, PicturedHeatMap } from './heatmaps.service.js';
import type { TouchDraft } from './touch.rules.js';

export function toTouchDraft(event: TouchEvent): TouchDraft {
  return {
    screen: event.screenName,
    x: event.xPct,
    y: event.yPct,
    kind: event.eventType,
    width: event.screenWidth,
    height: event.screenHeight,
    at: toTime(event.clientTimestamp),
    campaignId: event.campaignId,
  };
}

export function toHeatRequest(request: QueryHeatmapDataRequest): HeatRequest {
  return {
    screen: request.screenName,
    from: toTime(request.dateFrom),
    to: toTime(request.dateTo),
    campaignId: request.campaignId,
    resolution: request.gridResolution,
    isMedian: request.mode === HeatmapMode.MEDIAN,
    kinds: request.eventTypes,
  };
}

export function toHeatmapData({
  areEnough,
  points,
  screenshotUrl,
}: PicturedHeatMap): MessageInitShape<typeof QueryHeatmapDataResponseSchema> {
  return {
    dataPoints: points.map(({ x, y, value }) => ({ xPct: x, yPct: y, value })),
    cohortEnabled: areEnough,
    screenshotUrl,
  };
}

export function toScreenshot({
  screen,
  appVersion,
  url,
}: {
  readonly screen: string;
  readonly appVersion: string;
  readonly url: string;
}): MessageInitShape<typeof ScreenScreenshotSchema> {
  return { screenName: screen, appVersion, url };
}

function toTime(timestamp: Timestamp | undefined): number | undefined {
  return timestamp && timestampMs(timestamp);
}
