/** One type scale, one spacing scale, quiet colours with a meaning each. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef2fc", "#dbe3f6", "#b6c5ec", "#8fa5e2", "#6d89d8", "#5576d0", "#4568c9", "#3757b2", "#2f4fb5", "#223f91",
];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  colors: { ink },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "15px" }, h3: { fontSize: "14px" } },
  },
  spacing: { xs: "4px", sm: "8px", md: "16px", lg: "24px", xl: "40px" },
  defaultRadius: "md",
  cursorType: "pointer",
  components: {
    Paper: { defaultProps: { withBorder: true, p: "md" } },
    Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true } } },
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: "sm" } },
  },
});

/** Text that is quiet, yet readable: 4.5 to 1 at least, on each ground. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#57606a",
    "--mantine-color-body": "#ffffff",
    "--atlas-ground": "#f6f7f9",
    "--atlas-good": "#0b6e4f",
    "--atlas-warn": "#8a5300",
    "--atlas-bad": "#b3261e",
    "--atlas-mark": "#2f4fb5",
  },
  dark: {
    "--mantine-color-dimmed": "#a6adb8",
    "--mantine-color-body": "#1b1e24",
    "--mantine-color-text": "#e3e6eb",
    "--mantine-color-default-border": "#333842",
    "--atlas-ground": "#14161a",
    "--atlas-good": "#5fd3a5",
    "--atlas-warn": "#f2b45c",
    "--atlas-bad": "#ff8a80",
    "--atlas-mark": "#8fa5e2",
  },
});
