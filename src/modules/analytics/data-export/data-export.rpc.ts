import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CancelExportRequest,
  type CancelExportResponseSchema,
  type CreatePersonExportRequest,
  type CreatePersonExportResponseSchema,
  type CreateProjectExportRequest,
  type CreateProjectExportResponseSchema,
  ExportService,
  type GetExportRequest,
  type GetExportResponseSchema,
  type ListExportsRequest,
  type ListExportsResponseSchema,
} from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { exportFormat, exportSubject } from './data-export.js';
import { toExport, toNewExport } from './data-export.mapper.js';
import { DataExports } from './data-exports.service.js';

@Controller()
export class DataExportRpc {
  constructor(private readonly exports: DataExports) {}

  @Rpc(ExportService.method.createProjectExport)
  async createProjectExport(
    request: CreateProjectExportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateProjectExportResponseSchema>> {
    return { export: toExport(await this.exports.create(scope, toNewExport(request))) };
  }

  @Rpc(ExportService.method.createPersonExport)
  async createPersonExport(
    { person: distinctId }: CreatePersonExportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreatePersonExportResponseSchema>> {
    const wanted = { subject: exportSubject.person, format: exportFormat.ndjson, from: null, to: null };
    return { export: toExport(await this.exports.create(scope, { ...wanted, distinctId })) };
  }

  @Rpc(ExportService.method.getExport)
  async getExport(
    { exportId }: GetExportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetExportResponseSchema>> {
    return { export: toExport(await this.exports.getLinked(scope, exportId)) };
  }

  @Rpc(ExportService.method.listExports)
  async listExports(
    request: ListExportsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListExportsResponseSchema>> {
    const { items, nextPageToken } = await this.exports.list(scope, request);
    return { exports: items.map(toExport), nextPageToken };
  }

  @Rpc(ExportService.method.cancelExport)
  async cancelExport(
    { exportId }: CancelExportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CancelExportResponseSchema>> {
    return { export: toExport(await this.exports.cancel(scope, exportId)) };
  }
}
