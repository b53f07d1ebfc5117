import { mount } from "svelte";
import "../design/base.css";
import Admin from "./Admin.svelte";

const target = document.getElementById("app");
if (target) mount(Admin, { target });
