/** What heat maps need beyond that. */
import { HeatmapChart } from "echarts/charts";
import { VisualMapComponent } from "echarts/components";
import { use } from "echarts/core";

export { init } from "./engine";

use([HeatmapChart, VisualMapComponent]);
