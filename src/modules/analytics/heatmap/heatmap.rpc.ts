import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  HeatmapService,
  type IngestTouchEventsRequest,
  type IngestTouchEventsResponseSchema,
  type ListScreenshotsRequest,
  type ListScreenshotsResponseSchema,
  type QueryHeatmapDataRequest,
  type QueryHeatmapDataResponseSchema,
  type UploadScreenshotRequest,
  type UploadScreenshotResponseSchema,
} from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toHeatmapData, toHeatRequest, toScreenshot, toTouchDraft } from './heatmap.mapper.js';
import { Heatmaps } from './heatmaps.service.js';
import { Screenshots } from './screenshots.service.js';
import { Touches } from './touches.service.js';

@Controller()
export class HeatmapRpc {
  constructor(
    private readonly touches: Touches,
    private readonly heatmaps: Heatmaps,
    private readonly screenshots: Screenshots,
  ) {}

  @Rpc(HeatmapService.method.ingestTouchEvents)
  async ingestTouchEvents(
    { events }: IngestTouchEventsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof IngestTouchEventsResponseSchema>> {
    return { ingestedCount: await this.touches.ingest(scope, events.map(toTouchDraft)) };
  }

  @Rpc(HeatmapService.method.queryHeatmapData)
  async queryHeatmapData(
    request: QueryHeatmapDataRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof QueryHeatmapDataResponseSchema>> {
    return toHeatmapData(await this.heatmaps.draw(scope, toHeatRequest(request)));
  }

  @Rpc(HeatmapService.method.listScreenshots)
  async listScreenshots(
    _request: ListScreenshotsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListScreenshotsResponseSchema>> {
    return { screenshots: (await this.screenshots.list(scope)).map(toScreenshot) };
  }

  @Rpc(HeatmapService.method.uploadScreenshot)
  async uploadScreenshot(
    { screenName: screen, appVersion, imageData: image }: UploadScreenshotRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UploadScreenshotResponseSchema>> {
    return { url: await this.screenshots.upload(scope, { screen, appVersion, image }) };
  }
}
