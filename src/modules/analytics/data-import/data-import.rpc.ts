import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CancelImportRequest,
  type CancelImportResponseSchema,
  type CheckImportRequest,
  type CheckImportResponseSchema,
  type CreateImportRequest,
  type CreateImportResponseSchema,
  type GetImportRequest,
  type GetImportResponseSchema,
  ImportService,
  type ListImportsRequest,
  type ListImportsResponseSchema,
  type StartImportRequest,
  type StartImportResponseSchema,
  type UndoImportRequest,
  type UndoImportResponseSchema,
  type UploadImportRequest,
  type UploadImportResponseSchema,
} from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toImport, toNewImport, toOptions } from './data-import.mapper.js';
import { DataImports } from './data-imports.service.js';

@Controller()
export class DataImportRpc {
  constructor(private readonly imports: DataImports) {}

  @Rpc(ImportService.method.createImport)
  async createImport(
    request: CreateImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateImportResponseSchema>> {
    return { import: toImport(await this.imports.create(scope, toNewImport(request))) };
  }

  @Rpc(ImportService.method.uploadImport)
  async uploadImport(
    { importId, offset, data }: UploadImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UploadImportResponseSchema>> {
    return { uploadedBytes: BigInt(await this.imports.upload(scope, importId, Number(offset), data)) };
  }

  @Rpc(ImportService.method.checkImport)
  async checkImport(
    { importId, options }: CheckImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CheckImportResponseSchema>> {
    return { import: toImport(await this.imports.check(scope, importId, options && toOptions(options))) };
  }

  @Rpc(ImportService.method.startImport)
  async startImport(
    { importId, strict }: StartImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof StartImportResponseSchema>> {
    return { import: toImport(await this.imports.start(scope, importId, strict)) };
  }

  @Rpc(ImportService.method.getImport)
  async getImport(
    { importId }: GetImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetImportResponseSchema>> {
    const found = await this.imports.get(scope, importId);
    return { import: toImport(found, await this.imports.reportOf(scope, found)) };
  }

  @Rpc(ImportService.method.listImports)
  async listImports(
    request: ListImportsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListImportsResponseSchema>> {
    const { items, nextPageToken } = await this.imports.list(scope, request);
    return { imports: items.map((found) => toImport(found)), nextPageToken };
  }

  @Rpc(ImportService.method.cancelImport)
  async cancelImport(
    { importId }: CancelImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CancelImportResponseSchema>> {
    return { import: toImport(await this.imports.cancel(scope, importId)) };
  }

  @Rpc(ImportService.method.undoImport)
  async undoImport(
    { importId }: UndoImportRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UndoImportResponseSchema>> {
    return { import: toImport(await this.imports.undo(scope, importId)) };
  }
}
