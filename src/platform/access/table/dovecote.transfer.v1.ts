import { ExportService } from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { ImportService } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { Permission } from '../../permission/permissions.js';
import {
  anyProof,
  projectManagement,
  read,
  recentProof,
  rowsOf,
  type ServiceRows,
  unaudited,
  write,
} from '../access-rule.js';

const reader = projectManagement(Permission.ANALYTICS_READ);
const writer = projectManagement(Permission.ANALYTICS_WRITE);

export const dovecoteTransfer: readonly ServiceRows[] = [
  rowsOf(ExportService, {
    createProjectExport: write(reader, recentProof('api_key'), 'ANALYTICS_EXPORT_REQUESTED'),
    createPersonExport: write(reader, recentProof('api_key'), 'ANALYTICS_EXPORT_REQUESTED'),
    getExport: read(reader, anyProof),
    listExports: read(reader, anyProof),
    cancelExport: write(reader, anyProof, 'ANALYTICS_EXPORT_CANCELLED'),
  }),
  rowsOf(ImportService, {
    createImport: write(writer, anyProof, 'ANALYTICS_IMPORT_CREATED'),
    uploadImport: unaudited(writer, anyProof),
    checkImport: unaudited(writer, anyProof),
    startImport: write(writer, anyProof, 'ANALYTICS_IMPORT_STARTED'),
    getImport: read(writer, anyProof),
    listImports: read(writer, anyProof),
    cancelImport: write(writer, anyProof, 'ANALYTICS_IMPORT_CANCELLED'),
    undoImport: write(writer, recentProof('api_key'), 'ANALYTICS_IMPORT_UNDONE'),
  }),
];
