export { HeatmapService } from './heatmap_pb.js';
