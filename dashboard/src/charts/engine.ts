/** The parts of ECharts that nearly every page needs, and no others. */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendPlainComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([AriaComponent, BarChart, GridComponent, LegendPlainComponent, LineChart, SVGRenderer, TooltipComponent]);

export { init };
