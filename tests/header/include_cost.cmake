# cmake -D CXX=… -D INCLUDE_DIR=… -D HEADERS=… -D UMBRELLA=… -D LIMIT=… -P include_cost.cmake
#
# Preprocesses each header as a user would and fails when one
#  - is more than LIMIT times as many preprocessed lines as <atomic> alone,
#  - includes a costly library header that <atomic> does not bring along anyway,
# or when the umbrella reaches a third-party header.
set(costly memory string vector functional condition_variable thread)
set(third_party "boost|CLI|gtest|gmock|benchmark|hiredis|zookeeper|nlohmann")
set(failures "")

# Sets lines (how many are neither blank nor line markers) and files (all that were entered).
function(preprocess text)
  string(RANDOM LENGTH 12 name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(WRITE ${source} "${text}")
  execute_process(COMMAND ${CXX} -std=c++20 -E -I ${INCLUDE_DIR} ${source}
    OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
  file(REMOVE ${source})
  if(result)
    message(FATAL_ERROR "${errors}")
  endif()
  string(REGEX MATCHALL "\n# [0-9]+ \"[^\"]+\"" files "${output}")
  list(REMOVE_DUPLICATES files)
  string(REGEX REPLACE "\n#[^\n]*" "" code "${output}")
  string(REGEX REPLACE "[ \n]*\n" "\n" code "${code}")
  string(REGEX REPLACE "[^\n]+" "" newlines "${code}")
  string(LENGTH "${newlines}" lines)
  set(lines ${lines} PARENT_SCOPE)
  set(files "${files}" PARENT_SCOPE)
endfunction()

# Which of the costly headers are among the files.
function(costly_among out files)
  set(found "")
  foreach(header IN LISTS costly)
    if(files MATCHES "/c\\+\\+/[^/\"]+/${header}\"")
      list(APPEND found ${header})
    endif()
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

preprocess("#include <atomic>\n")
set(atomic_lines ${lines})
costly_among(free "${files}")
message("<atomic>: ${atomic_lines} lines, brings along: ${free}")

foreach(header IN LISTS HEADERS)
  preprocess("#include <${header}>\n")
  math(EXPR percent "100 * ${lines} / ${atomic_lines}")
  string(REGEX REPLACE "^(.*)(..)$" "\\1.\\2" times "00${percent}")
  string(REGEX REPLACE "^0+([0-9])" "\\1" times "${times}")
  message("${header}: ${lines} lines, ${times}")
  if(times GREATER LIMIT)
    list(APPEND failures "${header} is ${times} times <atomic>, the limit is ${LIMIT}")
  endif()
  costly_among(brought "${files}")
  list(REMOVE_ITEM brought ${free})
  foreach(costly_header IN LISTS brought)
    list(APPEND failures "${header} includes <${costly_header}>")
  endforeach()
endforeach()

if(UMBRELLA)
  preprocess("#include <${UMBRELLA}>\n")
  foreach(file IN LISTS files)
    if(file MATCHES "\"(.*/(${third_party})/.*)\"")
      list(APPEND failures "${UMBRELLA} includes ${CMAKE_MATCH_1}")
    endif()
  endforeach()
endif()

if(failures)
  list(JOIN failures "\n" failures)
  message("\n${failures}\n")  # by itself: a fatal error would wrap the lines
  message(FATAL_ERROR "some includes are too costly")
endif()
